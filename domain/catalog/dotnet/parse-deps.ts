/** A deps.json (https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md). */
import { base64Hash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { entriesOf, type Fields, fieldsOf, namesOf, requireFields, textOf } from '../read-fields.ts';

/** Kinds of files of a target's entry that are there when the application runs; `compile` is for who compiles against it. */
const assetKinds = ['runtime', 'native', 'resources', 'runtimeTargets'] as const;

/**
 * Packages that the application has files of, and those that stand for such. The application's own projects are no
 * packages, and an entry without files (an analyzer, a reference assembly, a package whose part the framework has in a
 * newer version) names what is not there. Where the file says of no package which files it has, all are listed. Throws a
 * CatalogError.
 */
export function parseDeps(json: unknown): LockedPackage[] {
  const file = requireFields(json, 'the deps.json');
  const target = fieldsOf(fieldsOf(file.targets)[textOf(fieldsOf(file.runtimeTarget).name) ?? '']);
  const libraries = fieldsOf(file.libraries);
  const packages = entriesOf(libraries).flatMap(([key, value]) =>
    toPackage(key, fieldsOf(value), fieldsOf(target[key])),
  );
  const present = packages.filter(({ key }) => hasFiles(fieldsOf(target[key]))).map(({ key }) => key);
  if (present.length === 0) return packages;
  const runtimes = packages.map(({ key }) => key).filter((key) => fieldsOf(libraries[key]).type === 'runtimepack');
  const kept = withThoseStandingFor(packages, [...present, ...runtimes]);
  return packages.filter(({ key }) => kept.has(key));
}

/** Keys are `Name/Version`. */
function toPackage(key: string, library: Fields, entry: Fields): LockedPackage[] {
  const slash = key.lastIndexOf('/');
  const isPackage = library.type === 'package' || library.type === 'runtimepack';
  if (!isPackage || slash < 1 || slash === key.length - 1) return [];
  const dependencies = fieldsOf(entry.dependencies);
  return [
    {
      key,
      name: key.slice(0, slash).replace(/^runtimepack\./, ''),
      version: key.slice(slash + 1),
      requires: namesOf(dependencies).map((name) => `${name}/${textOf(dependencies[name]) ?? ''}`),
      hashes: base64Hash('SHA-512', textOf(library.sha512)?.replace(/^sha512-/, '')),
    },
  ];
}

/** `_._` stands where a package says that it has nothing for a framework. */
function hasFiles(entry: Fields): boolean {
  return assetKinds.some((kind) => namesOf(entry[kind]).some((file) => !file.endsWith('_._')));
}

/** A package that carries nothing itself and needs one that does, over however many, is what brought it. */
function withThoseStandingFor(packages: readonly LockedPackage[], present: readonly string[]): Set<string> {
  const neededBy = new Map<string, string[]>();
  for (const { key, requires } of packages) {
    for (const needed of requires) {
      const users = neededBy.get(needed);
      if (users === undefined) neededBy.set(needed, [key]);
      else users.push(key);
    }
  }
  const kept = new Set(present);
  // A set that is read while it grows: each key once.
  for (const key of kept) for (const user of neededBy.get(key) ?? []) kept.add(user);
  return kept;
}
