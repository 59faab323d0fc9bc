/** yarn.lock of yarn 2 and later (https://yarnpkg.com/advanced/lexicon#lockfile): YAML, an entry for each resolution. */
import type { AskedRange } from '../../sbom/component.ts';
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { type FetchedPackage, fetchedPackage, takenFor } from '../npm/fetched-package.ts';
import { isTarball } from '../npm/package.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { entriesOf, type Fields, fieldsOf, requireFields, textOf } from '../read-fields.ts';

/** Throws a CatalogError where an entry has no resolution. What the project is made of itself (`workspace:`, folders) is left out. */
export function parseBerryLock(document: unknown): LockedPackage[] {
  const entries = entriesOf(requireFields(document, 'yarn.lock')).filter(([key]) => key !== '__metadata');
  const byDescriptor = new Map(entries.flatMap(([key]) => key.split(/, ?/).map((one) => [one, key] as const)));
  const asked = new Map<string, AskedRange[]>();
  const packages = entries.flatMap(([key, value]) => {
    const entry = fieldsOf(value);
    const requires = entriesOf(entry.dependencies).flatMap(([name, value]) => {
      const range = textOf(value) ?? '';
      // Older versions of the format leave the protocol of the registry out.
      const target = byDescriptor.get(`${name}@${range}`) ?? byDescriptor.get(`${name}@npm:${range}`);
      if (target === undefined) return [];
      const known = asked.get(target) ?? [];
      known.push({ by: key, range });
      asked.set(target, known);
      return [target];
    });
    return toPackage(key, entry, requires);
  });
  return packages.map((one) => ({ ...one, askedFor: asked.get(one.key) }));
}

function toPackage(key: string, entry: Fields, requires: readonly string[]): LockedPackage[] {
  const match = /^((?:@[^/@]+\/)?[^@/]+)@(.+)$/.exec(textOf(entry.resolution) ?? '');
  if (match?.[1] === undefined || match[2] === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'an entry without a resolution');
  const [, name, reference] = match;
  if (/^(?:workspace|link|portal|virtual):/.test(reference)) return [];
  // `file:./a.tgz#./a.tgz::hash=…`
  const file = /^file:([^#]*?)(?:::|#|$)/.exec(reference)?.[1];
  if (file !== undefined && !isTarball(file)) return [];
  const published = /^npm:/.test(reference);
  const commit = /^(.+?)#(?:.*&)?(?:commit=)?([0-9a-f]{40})/.exec(reference);
  // `patch:` names the package it changes: the patch is the project's, the package is not.
  const isPatch = reference.startsWith('patch:');
  const locator = isPatch ? (decoded(reference) ?? '').slice('patch:'.length) : `${name}@${reference}`;
  const archive = archiveOf(locator);
  const listed = { name, version: textOf(entry.version) ?? '' };
  return [
    {
      key,
      ...fetchedPackage(located(listed, locator), archive),
      requires,
      fetchedFrom: originsOf(archive),
      checksum: textOf(entry.checksum),
      ...(published || isPatch
        ? {}
        : commit?.[1] === undefined
          ? { downloadUrl: publicAddress(reference) }
          : { vcsUrl: vcsUrl(commit[1], commit[2]) }),
    },
  ];
}

/** Yarn fetches by the locator, `a@npm:1.0.0`: `version` beside it is what it was told once. */
function located(listed: FetchedPackage, locator: string): FetchedPackage {
  const [, name, version] = /^((?:@[^/@]+\/)?[^@/]+)@npm:(\d[^:#]*)/.exec(locator) ?? [];
  return name === undefined ? listed : takenFor(listed, { name, version });
}

/** `npm:1.0.0::__archiveUrl=https%3A%2F%2F…`, where a registry has its files in places of its own. */
function archiveOf(reference: string | undefined): string | undefined {
  return decoded(/::(?:.*&)?__archiveUrl=([^&#]+)/.exec(reference ?? '')?.[1]);
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
