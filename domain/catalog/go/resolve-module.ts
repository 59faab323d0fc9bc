/** The modules a Go project is built from, by its go.mod and go.sum. */
import { compareGo } from '../../advisory/version-order/go.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { lockedComponents } from '../locked-packages.ts';
import type { GoMod, GoSum } from '../manifest.ts';
import { goNaming } from './naming.ts';
import type { GoWorkspace } from './workspaces.ts';

interface Module {
  readonly path: string;
  readonly version: string;
  /** What is asked for, `path@version`, where another module is built instead. */
  readonly listedAs?: string;
}

/**
 * Replaced modules count as what they are replaced by; folders of the project's own do not count, nor modules of the same workspace. Since Go 1.17 a go.mod
 * names every module that is built (https://go.dev/ref/mod#graph-pruning); before, those that others ask for stand in
 * go.sum only, where the highest version of each is the one that minimal version selection takes.
 */
export function resolveGoModule(
  mod: GoMod,
  sum: GoSum | undefined,
  workspace: GoWorkspace | undefined,
): FoundComponent[] {
  const hashes = new Map(sum?.hashes ?? []);
  const checksums = new Map([...(workspace?.hashes ?? []), ...hashes]);
  const excluded = new Set(mod.excludes);
  const listed = mod.requires.filter(({ path, version }) => !excluded.has(`${path}@${version}`));
  const modules = [...listed, ...(isComplete(mod.goVersion) ? [] : highestIn(hashes, listed, mod))];
  const used = modules
    .filter(({ path }) => workspace?.modules.has(path) !== true)
    .flatMap(
      (module): Module[] => replace(module, workspace?.replaces ?? []) ?? replace(module, mod.replaces) ?? [module],
    );
  return lockedComponents(
    [...new Map(used.map((module) => [`${module.path}@${module.version}`, module]))].map(([key, module]) => ({
      key,
      name: module.path,
      version: module.version,
      requires: [],
      checksum: checksums.get(key),
      ...(module.listedAs === undefined ? {} : { listedAs: module.listedAs }),
    })),
    goNaming,
    'go-mod',
  );
}

function isComplete(goVersion: string | undefined): boolean {
  const match = /^(\d+)\.(\d+)/.exec(goVersion ?? '');
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 17);
}

/** A replacement for one version comes before one for all of them. `undefined` where there is none. */
function replace(module: Module, replaces: GoMod['replaces']): Module[] | undefined {
  const found =
    replaces.find(({ path, version }) => path === module.path && version === module.version) ??
    replaces.find(({ path, version }) => path === module.path && version === undefined);
  if (found === undefined) return undefined;
  if (found.newVersion === undefined) return [];
  const instead = { path: found.newPath, version: found.newVersion };
  return [instead.path === module.path ? instead : { ...instead, listedAs: `${module.path}@${module.version}` }];
}

function highestIn(hashes: ReadonlyMap<string, string>, listed: readonly Module[], mod: GoMod): Module[] {
  const known = new Set([mod.module, ...listed.map(({ path }) => path), ...mod.replaces.map(({ newPath }) => newPath)]);
  const highest = new Map<string, string>();
  for (const key of hashes.keys()) {
    const at = key.lastIndexOf('@');
    const path = key.slice(0, at);
    const version = key.slice(at + 1);
    const before = highest.get(path);
    if (known.has(path) || mod.excludes.includes(key)) continue;
    if (before === undefined || (compareGo(version, before) ?? 0) > 0) highest.set(path, version);
  }
  return [...highest].map(([path, version]) => ({ path, version }));
}
