/** Which component answers to a name another one asks for: by Node's lookup, else by name in the same ecosystem. */
import type { PlacedComponent } from './merge-components.ts';
import { resolvePlace } from './npm/resolve-place.ts';

/**
 * purl to the purls it depends on. `provides` maps virtual Debian packages to the purl of one that provides them.
 * Names nobody answers to are left out: edges lead to components of the same stock.
 */
export function resolveRequires(
  placed: readonly PlacedComponent[],
  provides: ReadonlyMap<string, string>,
): Map<string, Set<string>> {
  const byFolder = new Map<string, string>();
  const byName = new Map<string, string>();
  for (const { component, file } of placed) {
    if (component.foundBy === 'node-modules') byFolder.set(folderOf(file), component.purl);
    else if (component.foundBy === 'dpkg') byName.set(`dpkg ${component.name}`, component.purl);
    else if (component.foundBy === 'python-dist-info') byName.set(`python ${component.advisoryName}`, component.purl);
  }
  const edges = new Map<string, Set<string>>();
  for (const { component, file } of placed) {
    const targets = edges.get(component.purl) ?? new Set<string>();
    for (const name of component.requires) {
      const target =
        component.foundBy === 'node-modules'
          ? byFolder.get(resolvePlace(folderOf(file), name, (place) => byFolder.has(place)) ?? '')
          : component.foundBy === 'dpkg'
            ? anyOf(name.split('|'), byName, provides)
            : byName.get(`python ${name}`);
      if (target !== undefined && target !== component.purl) targets.add(target);
    }
    for (const target of component.dependsOn) if (target !== component.purl) targets.add(target);
    edges.set(component.purl, targets);
  }
  return edges;
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}

function anyOf(
  names: readonly string[],
  byName: ReadonlyMap<string, string>,
  provides: ReadonlyMap<string, string>,
): string | undefined {
  for (const name of names) {
    const found = byName.get(`dpkg ${name}`) ?? provides.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
