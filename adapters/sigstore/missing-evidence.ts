import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import { maxListedReferrers } from './read-evidence.ts';

const CONCURRENT_LOOKS = 8;

/** A manifest, and what it is about. */
interface Attached {
  readonly subject: Digest;
  readonly manifest: Digest;
}

/** Which manifests the registry does not hold, or does not list among the referrers of their subject; asked by digest, now. */
export async function missingEvidence(
  registry: Pick<RegistryReader, 'resolve' | 'listReferrers'>,
  repository: string,
  items: readonly Attached[],
): Promise<Digest[]> {
  const unlisted = new Set(await unlistedEvidence(registry, repository, items));
  const absent = new Set(
    await absentEvidence(
      registry,
      repository,
      items.filter(({ manifest }) => !unlisted.has(manifest)),
    ),
  );
  return items.map(({ manifest }) => manifest).filter((manifest) => unlisted.has(manifest) || absent.has(manifest));
}

/** Which manifests the registry does not list among the referrers of their subject. */
async function unlistedEvidence(
  registry: Pick<RegistryReader, 'listReferrers'>,
  repository: string,
  items: readonly Attached[],
): Promise<Digest[]> {
  const listed = new Set<string>();
  for (const subject of new Set(items.map((item) => item.subject)))
    for (const { digest } of await registry.listReferrers(repository, subject, { limit: maxListedReferrers }))
      listed.add(`${subject} ${digest}`);
  return items.filter(({ subject, manifest }) => !listed.has(`${subject} ${manifest}`)).map(({ manifest }) => manifest);
}

/** Which manifests the registry does not hold. */
export async function absentEvidence(
  registry: Pick<RegistryReader, 'resolve'>,
  repository: string,
  items: readonly Attached[],
): Promise<Digest[]> {
  const absent = await mapConcurrently(items, CONCURRENT_LOOKS, async ({ manifest }) =>
    (await registry.resolve(repository, manifest))?.digest === manifest ? [] : [manifest],
  );
  return absent.flat();
}
