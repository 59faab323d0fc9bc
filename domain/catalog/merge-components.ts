/** One package found in several places is one component with several locations. */
import type { AskedRange, Component, FileHash, Location, LockedHashes } from '../sbom/component.ts';
import { uniqueLicences } from '../sbom/licence.ts';
import type { FoundComponent } from './layer-findings.ts';

export interface PlacedComponent {
  readonly component: FoundComponent;
  /** The file it was found in, from the root of the artifact: neighbours are looked for beside it. */
  readonly file: string;
  readonly location: Location;
  /** The purl of the package of the operating system that brought the file. */
  readonly ownedBy?: string;
}

const none: readonly string[] = [];

/**
 * Merges by purl, in canonical order: by purl, then by path. Edges that lead out of the set are dropped. `placed` is used up:
 * of many components, those that are merged and those that are not yet must not be there twice.
 */
export function mergeComponents(
  placed: PlacedComponent[],
  edges: ReadonlyMap<string, ReadonlySet<string>>,
): Component[] {
  placed.sort((a, b) => (a.component.purl < b.component.purl ? 1 : a.component.purl > b.component.purl ? -1 : 0));
  const known = new Set(edges.size === 0 ? [] : placed.map(({ component }) => component.purl));
  const merged: Component[] = [];
  for (let last = placed.pop(); last !== undefined; ) {
    const group = [last];
    const { purl } = last.component;
    for (last = placed.pop(); last?.component.purl === purl; last = placed.pop()) group.push(last);
    // Equal ones stay in the order they came in: they were taken from the end.
    const targets = [...(edges.get(purl) ?? none)].filter((target) => known.has(target)).toSorted();
    merged.push(mergePlaced(group.length === 1 ? group : group.toReversed(), targets.length === 0 ? none : targets));
  }
  return merged;
}

/** What is found of one purl, one or more, in the order it was found in. */
export function mergePlaced(group: readonly PlacedComponent[], dependsOn: readonly string[]): Component {
  const sorted = group.toSorted((a, b) => rank(a) - rank(b) || (a.location.path < b.location.path ? -1 : 1));
  const found = sorted.map(({ component }) => component);
  const first = found[0];
  if (first === undefined) throw new RangeError('a group without a component');
  const supplier = found.find((component) => component.supplier !== undefined)?.supplier;
  const confidence = mergeConfidence(found);
  const ownedBy = mergeOwner(sorted);
  const checksum = found.find((component) => component.checksum !== undefined)?.checksum;
  const listedAs = found.find((component) => component.listedAs !== undefined)?.listedAs;
  const askedFor = mergeAsked(found);
  const lockedHashes = hashesByLockfile(sorted);
  const fetchedFrom = [...new Set(found.flatMap((component) => component.fetchedFrom ?? []))].toSorted();
  return {
    purl: first.purl,
    ecosystem: first.ecosystem,
    advisoryName: first.advisoryName,
    name: first.name,
    version: first.version,
    advisoryVersion: first.advisoryVersion,
    ...(first.release === undefined ? {} : { release: first.release }),
    licences: mergeLicences(found),
    hashes: mergeHashes(found),
    ...(supplier === undefined ? {} : { supplier }),
    dependsOn,
    ...(askedFor.length === 0 ? {} : { askedFor }),
    scope: mergeScope(found),
    locations: mergeLocations(sorted),
    ...(fetchedFrom.length === 0 ? {} : { fetchedFrom }),
    ...(listedAs === undefined ? {} : { listedAs }),
    ...(first.pin === undefined ? {} : { pin: first.pin }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(lockedHashes === undefined ? {} : { lockedHashes }),
    ...(found.some(({ installScript }) => installScript === true) ? { installScript: true } : {}),
    ...(found.every(({ bundled }) => bundled === true) ? { bundled: true } : {}),
    foundBy: first.foundBy,
    ...(confidence === undefined ? {} : { confidence }),
    ...(ownedBy === undefined ? {} : { ownedBy }),
  };
}

/** All of them count, from whatever file: a version has to suit each. */
function mergeAsked(found: readonly FoundComponent[]): readonly AskedRange[] {
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.askedFor ?? [];
  const all = found.flatMap((component) => component.askedFor ?? []);
  return [...new Map(all.map((one) => [`${one.by ?? ''} ${one.range}`, one])).values()];
}

/** One source without a doubt is enough; else the surest of them counts. */
function mergeConfidence(found: readonly FoundComponent[]): number | undefined {
  const said = found.map((component) => component.confidence);
  return said.includes(undefined) ? undefined : Math.max(...said.map((one) => one ?? 0));
}

/** Only where every place belongs to the same package: a copy that nobody owns is nobody else's to update. */
function mergeOwner(sorted: readonly PlacedComponent[]): string | undefined {
  const owners = new Set(sorted.map((placed) => placed.ownedBy));
  return owners.size === 1 ? sorted[0]?.ownedBy : undefined;
}

/** What is installed tells more than what a lockfile announces. */
function rank({ component }: PlacedComponent): number {
  return isLocked(component) ? 1 : 0;
}

function isLocked({ declared, foundBy }: FoundComponent): boolean {
  return declared === true || foundBy === 'npm-lockfile';
}

/** The first finding that says anything speaks: two spellings of one licence are not two licences. */
function mergeLicences(found: readonly FoundComponent[]): Component['licences'] {
  const [only] = found;
  if (only !== undefined && found.length === 1 && only.licences.length < 2) return only.licences;
  const speaking =
    found.find(({ licences }) => licences.length > 0 && licences.every((claim) => claim.kind === 'expression')) ??
    found.find(({ licences }) => licences.length > 0);
  return uniqueLicences(speaking?.licences ?? []);
}

/** One value an algorithm, or none: two packages of one purl with different bytes keep the first's. */
function mergeHashes(found: readonly FoundComponent[]): FileHash[] {
  const [only] = found;
  if (only !== undefined && found.length === 1 && only.hashes.length < 2) return only.hashes;
  const byAlgorithm = new Map<string, FileHash>();
  for (const hash of found.flatMap(ownHashes))
    if (!byAlgorithm.has(hash.algorithm)) byAlgorithm.set(hash.algorithm, hash);
  return [...byAlgorithm.values()].toSorted((a, b) => (a.algorithm < b.algorithm ? -1 : 1));
}

/** Files of a version for other platforms are not the one that is installed here, and nobody says which of them it is. */
function ownHashes({ hashes, unnamedFiles }: FoundComponent): readonly FileHash[] {
  if (unnamedFiles !== true) return hashes;
  const byAlgorithm = Map.groupBy(hashes, ({ algorithm }) => algorithm);
  return [...byAlgorithm.values()].flatMap((alike) => (alike.length === 1 ? alike : []));
}

/** Undefined where one value of an algorithm, the same in every lockfile, is all there is: the component has it. */
function hashesByLockfile(sorted: readonly PlacedComponent[]): LockedHashes[] | undefined {
  const [only] = sorted;
  if (only !== undefined && sorted.length === 1 && only.component.hashes.length < 2) return undefined;
  const byPath = new Map<string, Set<string>>();
  for (const { component, location } of sorted) {
    if (!isLocked(component)) continue;
    const values = byPath.get(location.path) ?? new Set<string>();
    byPath.set(location.path, values);
    for (const { algorithm, value } of component.hashes) values.add(`${algorithm}:${value}`);
    if (component.checksum !== undefined) values.add(component.checksum);
  }
  const all = [...byPath].map(([path, values]) => ({ path, values: [...values].toSorted() }));
  const [first] = all;
  const areSame = all.every(({ values }) => values.join() === first?.values.join());
  const kinds = (first?.values ?? []).map((value) => value.slice(0, value.indexOf(':')));
  return areSame && new Set(kinds).size === kinds.length ? undefined : all;
}

/** Needed at run time anywhere is needed at run time. Where no source says, an installed package counts as that. */
function mergeScope(found: readonly FoundComponent[]): Component['scope'] {
  const said = new Set(found.map((component) => component.scope).filter((scope) => scope !== undefined));
  if (said.size === 0 || said.has('runtime')) return 'runtime';
  return said.has('optional') ? 'optional' : 'development';
}

function mergeLocations(sorted: readonly PlacedComponent[]): Location[] {
  const [only] = sorted;
  if (only !== undefined && sorted.length === 1) return [only.location];
  const byKey = new Map(sorted.map(({ location }) => [`${location.path} ${location.layer ?? ''}`, location]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, location]) => location);
}
