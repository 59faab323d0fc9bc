/** Which component answers to a name another one asks for: by Node's lookup, else by name in the same ecosystem. */
import type { PlacedComponent } from './merge-components.ts';
import { resolvePlace } from './npm/resolve-place.ts';
import { folderOf } from './path-from-file.ts';

/** Catalogers whose components ask for others by `advisoryName`, and those that go by the package's own name. */
const byAdvisoryName = new Set(['python-dist-info', 'ruby-gemspec', 'php-installed', 'r-description', 'java-archive']);
const STORE = /(?:^|\/)node_modules\/\.pnpm\//;
const bySystemName = new Set(['dpkg', 'apk', 'rpm']);

/**
 * purl to the purls it depends on. `provides` maps virtual packages, as `dpkg name`, to the purl of one that provides
 * them. Names nobody answers to are left out: edges lead to components of the same stock.
 */
export function resolveRequires(
  placed: readonly PlacedComponent[],
  provides: ReadonlyMap<string, string>,
): Map<string, Set<string>> {
  const byFolder = new Map<string, string>();
  const byName = new Map<string, string>();
  for (const { component, file } of placed) {
    const { foundBy, purl } = component;
    if (foundBy === 'node-modules') byFolder.set(folderOf(file), purl);
    else if (bySystemName.has(foundBy)) byName.set(`${foundBy} ${component.name}`, purl);
    else if (byAdvisoryName.has(foundBy)) {
      byName.set(`${foundBy} ${component.advisoryName}`, purl);
      byName.set(`${foundBy} ${component.advisoryName} ${siblingsOf(file)}`, purl);
    }
  }
  // pnpm puts links in the place of dependencies: where its store has one version of a name, the link leads there.
  const inStore = Map.groupBy(
    placed.filter(({ component, file }) => component.foundBy === 'node-modules' && STORE.test(file)),
    ({ component }) => component.name,
  );
  const onlyOne = (file: string, name: string): string | undefined => {
    const purls = new Set(STORE.test(file) ? inStore.get(name)?.map(({ component }) => component.purl) : []);
    return purls.size === 1 ? [...purls][0] : undefined;
  };
  const targetOf = ({ component, file }: PlacedComponent, name: string): string | undefined => {
    const { foundBy } = component;
    if (foundBy === 'node-modules')
      return (
        byFolder.get(resolvePlace(folderOf(file), name, (place) => byFolder.has(place)) ?? '') ?? onlyOne(file, name)
      );
    if (bySystemName.has(foundBy)) return anyOf(name.split('|'), foundBy, byName, provides);
    return byName.get(`${foundBy} ${name} ${siblingsOf(file)}`) ?? byName.get(`${foundBy} ${name}`);
  };
  const edges = new Map<string, Set<string>>();
  for (const one of placed) {
    const { component } = one;
    const targets = edges.get(component.purl) ?? new Set<string>();
    for (const name of component.requires) {
      const target = targetOf(one, name);
      if (target !== undefined && target !== component.purl) targets.add(target);
    }
    for (const target of component.dependsOn) if (target !== component.purl) targets.add(target);
    edges.set(component.purl, targets);
  }
  return edges;
}

/** The folder packages are installed beside each other in: a virtual environment's packages ask for their own. */
function siblingsOf(file: string): string {
  const folder = folderOf(file);
  return /\.(?:dist|egg)-info$/.test(folder) ? folderOf(folder) : folder;
}

function anyOf(
  names: readonly string[],
  manager: string,
  byName: ReadonlyMap<string, string>,
  provides: ReadonlyMap<string, string>,
): string | undefined {
  for (const name of names) {
    const found = byName.get(`${manager} ${name}`) ?? provides.get(`${manager} ${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
