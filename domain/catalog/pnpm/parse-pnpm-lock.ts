/** pnpm-lock.yaml, versions 5 to 9 (https://github.com/pnpm/spec/tree/master/lockfile). */

import type { AskedRange } from '../../sbom/component.ts';
import { CatalogError } from '../catalog-error.ts';
import { type LockedPackage, UNKNOWN_RANGE } from '../locked-packages.ts';
import { fetchedPackage } from '../npm/fetched-package.ts';
import { parseIntegrity } from '../npm/parse-integrity.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { reachScopes } from '../reach-scopes.ts';
import { entriesOf, type Fields, fieldsOf, requireFields, textOf } from '../read-fields.ts';

const OLDEST = 5;
const NEWEST = 9;

/**
 * One document of the file. What the projects ask for is there, and what packages ask of their peers; of all else only the
 * versions that were chosen. Throws a CatalogError for a version of the format that pnpm has not made yet.
 */
export function parsePnpmLock(document: unknown): LockedPackage[] {
  const lock = requireFields(document, 'pnpm-lock.yaml');
  const version = Number.parseInt(textOf(lock.lockfileVersion) ?? '', 10);
  if (!(version >= OLDEST && version <= NEWEST))
    throw new CatalogError('UNSUPPORTED_VERSION', `a lockfileVersion other than ${OLDEST} to ${NEWEST}`);
  const described = fieldsOf(lock.packages);
  const nodes = new Map(entriesOf(lock.snapshots ?? lock.packages));
  const optional = new Map<string, string[]>();
  const asked = askedByProjects(lock, nodes);
  const packages = [...nodes].flatMap(([key, node]): LockedPackage[] => {
    const entry = fieldsOf(node);
    const requires = targetsOf(entry.dependencies, nodes);
    const optionals = targetsOf(entry.optionalDependencies, nodes);
    if (optionals.length > 0) optional.set(key, optionals);
    const whole = { ...fieldsOf(described[withoutPeers(key)]), ...entry };
    const peers = fieldsOf(whole.peerDependencies);
    for (const [name, value] of [...entriesOf(entry.dependencies), ...entriesOf(entry.optionalDependencies)]) {
      const range = textOf(peers[name]);
      if (range !== undefined) note(asked, targetsOf({ [name]: value }, nodes), { by: key, range });
    }
    const made = toPackage(key, whole);
    return made === undefined ? [] : [{ ...made, requires: [...requires, ...optionals] }];
  });
  const told = packages.map((one) => ({ ...one, askedFor: asked.get(one.key) }));
  return reachScopes(told, rootsOf(lock, nodes), optional);
}

type Asked = Map<string, AskedRange[]>;

function note(asked: Asked, targets: readonly string[], one: AskedRange): void {
  for (const target of targets) {
    const known = asked.get(target);
    if (known === undefined) asked.set(target, [one]);
    else known.push(one);
  }
}

/** `specifier` beside each version; before version 6 of the format a map of its own, `specifiers`. */
function askedByProjects(lock: Fields, nodes: ReadonlyMap<string, unknown>): Asked {
  const asked: Asked = new Map();
  for (const project of projectsOf(lock)) {
    const specifiers = fieldsOf(project.specifiers);
    for (const field of ['dependencies', 'optionalDependencies', 'devDependencies'])
      for (const [name, value] of entriesOf(project[field])) {
        const said = textOf(fieldsOf(value).specifier) ?? textOf(specifiers[name]);
        const range = said?.startsWith('catalog:') === true ? fromCatalog(lock, name, said) : said;
        note(asked, targetsOf({ [name]: value }, nodes), { range: range ?? UNKNOWN_RANGE });
      }
  }
  return asked;
}

/** `catalog:` and `catalog:default` are the same one (https://pnpm.io/catalogs). */
function fromCatalog(lock: Fields, name: string, specifier: string): string | undefined {
  const catalog = fieldsOf(fieldsOf(lock.catalogs)[specifier.slice('catalog:'.length) || 'default']);
  return textOf(fieldsOf(catalog[name]).specifier);
}

/** `/a/1.0.0_b@2.0.0` and `/a@1.0.0(b@2.0.0)` are `a` at 1.0.0 with a peer. */
function withoutPeers(key: string): string {
  const peers = key.indexOf('(');
  return peers === -1 ? key : key.slice(0, peers);
}

/** `undefined` for a folder beside the lockfile. */
function toPackage(key: string, entry: Fields): LockedPackage | undefined {
  const resolution = fieldsOf(entry.resolution);
  const { name, version } = identify(withoutPeers(key), entry);
  const isLocal = resolution.directory !== undefined || /^(?:link|file):/.test(version);
  if (isLocal && resolution.tarball === undefined) return undefined;
  const tarball = textOf(resolution.tarball);
  const isPublished = /^\d/.test(version) && entry.name === undefined;
  const repository = textOf(resolution.repo);
  return {
    key,
    ...fetchedPackage({ name, version: /^\d/.test(version) ? version : (textOf(entry.version) ?? '') }, tarball),
    requires: [],
    hashes: parseIntegrity(textOf(resolution.integrity) ?? ''),
    ...(entry.requiresBuild === 'true' ? { installScript: true } : {}),
    ...(isPublished ? { fetchedFrom: originsOf(tarball) } : {}),
    ...(repository === undefined
      ? { downloadUrl: isPublished || tarball === undefined ? undefined : publicAddress(tarball) }
      : { vcsUrl: vcsUrl(repository, textOf(resolution.commit)) }),
    ...(entry.dev === 'true' ? { scope: 'development' } : entry.optional === 'true' ? { scope: 'optional' } : {}),
  };
}

function identify(key: string, entry: Fields): { name: string; version: string } {
  const named = textOf(entry.name);
  if (named !== undefined) return { name: named, version: textOf(entry.version) ?? '' };
  const modern = /^\/?((?:@[^/@]+\/)?[^@/]+)@(.+)$/.exec(key);
  const match = modern ?? /^\/((?:@[^/]+\/)?[^/]+)\/([^/_]+)(?:_.*)?$/.exec(key);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'an entry of "packages" that names no package and version');
  return { name: match[1], version: match[2] };
}

/** The keys that a map of dependencies leads to. */
function targetsOf(dependencies: unknown, nodes: ReadonlyMap<string, unknown>): string[] {
  return entriesOf(dependencies).flatMap(([name, value]) => {
    const version = textOf(value) ?? textOf(fieldsOf(value).version);
    if (version === undefined) return [];
    const spellings = [`${name}@${version}`, version, `/${name}@${version}`, `/${name}/${version}`];
    return spellings.find((key) => nodes.has(key)) ?? [];
  });
}

/** A single project stands at the top of the file; several stand under `importers`. */
function projectsOf(lock: Fields): Fields[] {
  return [lock, ...entriesOf(lock.importers).map(([, project]) => fieldsOf(project))];
}

function rootsOf(lock: Fields, nodes: ReadonlyMap<string, unknown>): Parameters<typeof reachScopes>[1] {
  const projects = projectsOf(lock);
  const roots = (field: string): string[] => projects.flatMap((project) => targetsOf(project[field], nodes));
  return {
    runtime: roots('dependencies'),
    optional: roots('optionalDependencies'),
    development: roots('devDependencies'),
  };
}
