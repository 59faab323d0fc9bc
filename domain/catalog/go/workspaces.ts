/** Go's workspaces in a tree: which go.work counts for which module. */
import type { GoSum, Manifest } from '../manifest.ts';
import { fromFile } from '../path-from-file.ts';

/** What a module's own go.mod does not say, where it is built with others of the same tree. */
export interface GoWorkspace {
  /** Paths of the modules that are used: the project's own. */
  readonly modules: ReadonlySet<string>;
  /** They come before those of a go.mod. */
  readonly replaces: Extract<Manifest, { format: 'go-work' }>['replaces'];
  readonly hashes: GoSum['hashes'];
}

/** By the path of a go.mod. Of several that use one module the nearest counts, as Go finds it on its way upwards. */
export function goWorkspaces(manifests: ReadonlyMap<string, Manifest>): ReadonlyMap<string, GoWorkspace> {
  const found = new Map<string, GoWorkspace>();
  // The nearest has the longest path, and stays.
  const works = [...manifests].toSorted(([a], [b]) => b.length - a.length);
  for (const [path, work] of works) {
    if (work.format !== 'go-work') continue;
    const used = work.uses.map((folder) => fromFile(path, `${folder}/go.mod`));
    const modules = used.flatMap((one) => {
      const mod = manifests.get(one);
      return mod?.format === 'go-mod' ? [mod.module] : [];
    });
    const sum = manifests.get(`${path}.sum`);
    const workspace = {
      modules: new Set(modules),
      replaces: work.replaces,
      hashes: sum?.format === 'go-sum' ? sum.hashes : [],
    };
    for (const one of used) if (!found.has(one)) found.set(one, workspace);
  }
  return found;
}
