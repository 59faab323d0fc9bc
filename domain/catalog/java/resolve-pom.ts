/** What a Maven project depends on, with what its parents in the same tree say (https://maven.apache.org/pom.html#inheritance). */
import type { FoundComponent } from '../layer-findings.ts';
import { type LockedPackage, lockedComponents } from '../locked-packages.ts';
import type { MavenDependency, MavenPom } from '../manifest.ts';
import { fromFile } from '../path-from-file.ts';
import { mavenNaming, pinnedVersion } from './naming.ts';

const MAX_PARENTS = 32;
/** Bills of materials that import one another. */
const MAX_BILLS = 32;
const MAX_EXPANSIONS = 16;
const MAX_VALUE_LENGTH = 512;
/** `group:artifact`, with nothing left to be filled in. */
const NAME = /^[^:$]+:[^:$]+$/;

/** All poms of a tree. */
export interface PomTree {
  readonly byPath: ReadonlyMap<string, MavenPom>;
  /** `group:artifact` to the path of the first that has it. */
  readonly byName: ReadonlyMap<string, string>;
}

export function toPomTree(byPath: ReadonlyMap<string, MavenPom>): PomTree {
  const names = [...byPath].map(([path, pom]): [string, string] => [`${groupOf(pom)}:${pom.artifactId}`, path]);
  return { byPath, byName: new Map(names.toReversed()) };
}

/**
 * A version that only a parent or a bill of materials outside of the tree knows stays empty. Modules of the tree itself
 * are the project's own, and left out.
 */
export function resolvePom(path: string, poms: PomTree): FoundComponent[] {
  const lineage = lineageOf(path, poms);
  const properties = propertiesOf(lineage);
  const expand: Expand = (text) => expandProperties(text ?? '', properties);
  const managed = managedIn(lineage, poms, expand);
  const packages = new Map<string, LockedPackage>();
  for (const dependency of lineage.flatMap((pom) => pom.dependencies)) {
    const name = nameOf(dependency, expand);
    const key = keyOf(dependency, expand);
    const found = managed.get(key);
    const version = pinnedVersion(expand(dependency.version ?? found?.version));
    if (packages.has(key) || isOwn(name, version, poms) || !NAME.test(name)) continue;
    packages.set(key, {
      key,
      name,
      version,
      requires: [],
      scope: scopeOf(expand(dependency.scope ?? found?.scope), dependency),
    });
  }
  return lockedComponents([...packages.values()], mavenNaming, 'maven-pom');
}

/** What a pom calls itself, with what it inherits; a part that says `${…}` of nobody's stays so. */
export function pomCoordinates(path: string, poms: PomTree): { group: string; artifact: string; version: string } {
  const lineage = lineageOf(path, poms);
  const properties = propertiesOf(lineage);
  const [pom] = lineage;
  return {
    group: expandProperties(pom === undefined ? '' : groupOf(pom), properties),
    artifact: expandProperties(pom?.artifactId ?? '', properties),
    version: expandProperties(properties.get('project.version') ?? '', properties),
  };
}

/** `group:artifact` of what a pom and its parents need to run, whoever provides it. */
export function pomRequires(path: string, poms: PomTree): string[] {
  const lineage = lineageOf(path, poms);
  const properties = propertiesOf(lineage);
  const expand: Expand = (text) => expandProperties(text ?? '', properties);
  const managed = managedIn(lineage, poms, expand);
  const names = lineage
    .flatMap((pom) => pom.dependencies)
    .flatMap((one) => {
      const name = nameOf(one, expand);
      const scope = scopeOf(expand(one.scope ?? managed.get(keyOf(one, expand))?.scope), one);
      return scope === 'runtime' && NAME.test(name) ? [name] : [];
    });
  return [...new Set(names)];
}

/** Another version of a module of the tree is not that module: it comes from a repository. */
function isOwn(name: string, version: string, poms: PomTree): boolean {
  const pom = poms.byPath.get(poms.byName.get(name) ?? '');
  const own = pom?.version ?? pom?.parent?.version;
  return pom !== undefined && (version === '' || own === undefined || own === version || own.includes('${'));
}

/** The pom and its parents, nearest first, as far as they are in the tree. */
function lineageOf(path: string, poms: PomTree): MavenPom[] {
  const lineage: MavenPom[] = [];
  for (let place: string | undefined = path; place !== undefined && lineage.length < MAX_PARENTS; ) {
    const pom = poms.byPath.get(place);
    if (pom === undefined || lineage.includes(pom)) break;
    lineage.push(pom);
    place = pom.parent === undefined ? undefined : parentPlace(place, pom.parent, poms);
  }
  return lineage;
}

function parentPlace(place: string, parent: NonNullable<MavenPom['parent']>, poms: PomTree): string | undefined {
  const isParent = (pom: MavenPom | undefined): boolean =>
    pom?.artifactId === parent.artifactId && (groupOf(pom) === parent.groupId || groupOf(pom) === '');
  const named = fromFile(place, parent.relativePath);
  const beside = [named, `${named}/pom.xml`].find((one) => isParent(poms.byPath.get(one)));
  return beside ?? poms.byName.get(`${parent.groupId}:${parent.artifactId}`);
}

function groupOf(pom: MavenPom): string {
  return pom.groupId ?? pom.parent?.groupId ?? '';
}

/** Nearest first: what a child sets hides what its parent sets. */
function propertiesOf(lineage: readonly MavenPom[]): ReadonlyMap<string, string> {
  const [pom] = lineage;
  const version = lineage.map((one) => one.version ?? one.parent?.version).find((one) => one !== undefined) ?? '';
  const properties = new Map(lineage.toReversed().flatMap((one) => one.properties));
  for (const prefix of ['project.', 'pom.', '']) {
    properties.set(`${prefix}version`, version);
    properties.set(`${prefix}groupId`, pom === undefined ? '' : groupOf(pom));
    properties.set(`${prefix}artifactId`, pom?.artifactId ?? '');
  }
  if (pom?.parent !== undefined) {
    properties.set('project.parent.version', pom.parent.version);
    properties.set('project.parent.groupId', pom.parent.groupId);
  }
  return properties;
}

/** What has no value stays as it is. */
function expandProperties(text: string, properties: ReadonlyMap<string, string>): string {
  let expanded = text;
  for (let round = 0; round < MAX_EXPANSIONS && expanded.includes('${'); round += 1) {
    const next = expanded.replaceAll(/\$\{([^${}]+)\}/g, (whole, name: string) => properties.get(name) ?? whole);
    if (next === expanded || next.length > MAX_VALUE_LENGTH) break;
    expanded = next;
  }
  return expanded;
}

type Expand = (text: string | undefined) => string;

/** `group:artifact`, by which packages and advisories go. */
function nameOf({ groupId, artifactId }: MavenDependency, expand: Expand): string {
  return `${expand(groupId)}:${expand(artifactId)}`;
}

/** By which Maven tells dependencies apart: the jar of the tests is another one than the jar. */
function keyOf(one: MavenDependency, expand: Expand): string {
  return `${nameOf(one, expand)}:${expand(one.type ?? 'jar')}:${expand(one.classifier)}`;
}

/**
 * By key, what dependencyManagement says of it. What the pom and its parents manage themselves is before what the bills of
 * materials have that they import, as far as those are in the tree, wherever the import stands.
 */
function managedIn(
  lineage: readonly MavenPom[],
  poms: PomTree,
  expand: Expand,
  taken: Set<string> = new Set(),
): ReadonlyMap<string, MavenDependency> {
  const entries = Map.groupBy(
    lineage.flatMap((pom) => pom.managed),
    ({ scope }) => (scope === 'import' ? 'bill' : 'own'),
  );
  const managed = new Map<string, MavenDependency>();
  const add = (key: string, entry: MavenDependency): void => {
    if (!managed.has(key)) managed.set(key, entry);
  };
  for (const entry of entries.get('own') ?? []) add(keyOf(entry, expand), entry);
  for (const entry of entries.get('bill') ?? []) {
    const place = poms.byName.get(nameOf(entry, expand));
    // What was taken in before has said everything it says: the first that manages something counts.
    if (place === undefined || taken.has(place) || taken.size >= MAX_BILLS) continue;
    taken.add(place);
    // As its own parents and the bills it imports itself make it.
    const bill = lineageOf(place, poms);
    const own = propertiesOf(bill);
    const expandOwn: Expand = (text) => expandProperties(text ?? '', own);
    for (const [key, one] of managedIn(bill, poms, expandOwn, taken))
      add(key, { ...one, version: expandOwn(one.version), scope: expandOwn(one.scope) });
  }
  return managed;
}

function scopeOf(scope: string, { optional }: MavenDependency): NonNullable<LockedPackage['scope']> {
  if (scope === 'test') return 'development';
  return optional === true || scope === 'provided' || scope === 'system' ? 'optional' : 'runtime';
}
