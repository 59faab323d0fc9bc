/** pnpm-lock.yaml, versions 5 to 9 (https://github.com/pnpm/spec/tree/master/lockfile). */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { parseIntegrity } from '../npm/parse-integrity.ts';
import { originOf, publicAddress, vcsUrl } from '../public-address.ts';
import { reachScopes } from '../reach-scopes.ts';
import { entriesOf, type Fields, fieldsOf, requireFields, textOf } from '../read-fields.ts';

const OLDEST = 5;
const NEWEST = 9;

/** One document of the file. Throws a CatalogError for a version of the format that pnpm has not made yet. */
export function parsePnpmLock(document: unknown): LockedPackage[] {
  const lock = requireFields(document, 'pnpm-lock.yaml');
  const version = Number.parseInt(textOf(lock.lockfileVersion) ?? '', 10);
  if (!(version >= OLDEST && version <= NEWEST))
    throw new CatalogError('UNSUPPORTED_VERSION', `a lockfileVersion other than ${OLDEST} to ${NEWEST}`);
  const described = fieldsOf(lock.packages);
  const nodes = new Map(entriesOf(lock.snapshots ?? lock.packages));
  const optional = new Map<string, string[]>();
  const packages = [...nodes].flatMap(([key, node]): LockedPackage[] => {
    const entry = fieldsOf(node);
    const requires = targetsOf(entry.dependencies, nodes);
    const optionals = targetsOf(entry.optionalDependencies, nodes);
    if (optionals.length > 0) optional.set(key, optionals);
    const made = toPackage(key, { ...fieldsOf(described[withoutPeers(key)]), ...entry });
    return made === undefined ? [] : [{ ...made, requires: [...requires, ...optionals] }];
  });
  return reachScopes(packages, rootsOf(lock, nodes), optional);
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
    name,
    version: /^\d/.test(version) ? version : (textOf(entry.version) ?? ''),
    requires: [],
    hashes: parseIntegrity(textOf(resolution.integrity) ?? ''),
    ...(entry.requiresBuild === 'true' ? { installScript: true } : {}),
    ...(isPublished ? { fetchedFrom: originOf(tarball) } : {}),
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
function rootsOf(lock: Fields, nodes: ReadonlyMap<string, unknown>): Parameters<typeof reachScopes>[1] {
  const projects = [lock, ...entriesOf(lock.importers).map(([, project]) => fieldsOf(project))];
  const roots = (field: string): string[] => projects.flatMap((project) => targetsOf(project[field], nodes));
  return {
    runtime: roots('dependencies'),
    optional: roots('optionalDependencies'),
    development: roots('devDependencies'),
  };
}
