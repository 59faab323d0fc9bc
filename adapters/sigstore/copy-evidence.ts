import { type Descriptor, type Manifest, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import type { EvidenceDesk, EvidenceToCopy } from '../../domain/trust/evidence-desk.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import { lookBeforeWriting } from '../oci/look-before-writing.ts';
import { absentEvidence, missingEvidence } from './missing-evidence.ts';
import { once, writing } from './once-per-repository.ts';

const CONCURRENT_COPIES = 4;

/**
 * Copies evidence between repositories by the digests it was recorded under: blobs first, then the manifest, then its place among
 * the referrers. `onCreate` gets the manifests that are not in `to`, before any of them is written. Throws a RegistryError where
 * one is not in `from`.
 */
export async function copyEvidence(
  registry: Registry,
  from: string,
  to: string,
  items: readonly EvidenceToCopy[],
  { onCreate, confirm }: NonNullable<Parameters<EvidenceDesk['copy']>[3]> = {},
): Promise<void> {
  const about = (isSubjectNew: boolean) => items.filter((item) => (item.isSubjectNew ?? false) === isSubjectNew);
  const fresh = about(true).map(({ manifest }) => manifest);
  const look = lookBeforeWriting(registry);
  const missing = await missingEvidence(look, to, about(false));
  const wanted = new Set([...fresh, ...missing]);
  const unlisted = about(false).filter(({ manifest }) => wanted.has(manifest));
  const absent = [...fresh, ...(await absentEvidence(look, to, unlisted))];
  if (absent.length > 0) await onCreate?.(absent);
  for (const subject of new Set(items.map((item) => item.subject))) {
    const lacking = items.filter((item) => item.subject === subject && wanted.has(item.manifest));
    const referrers = await mapConcurrently(lacking, CONCURRENT_COPIES, (item) => copyBlobs(registry, from, to, item));
    const manifests = referrers.map(({ bytes, descriptor }) => ({ bytes, mediaType: descriptor.mediaType }));
    await writing(registry, () => registry.attachReferrers(to, subject, manifests, confirm));
  }
}

/** What the manifest needs in `to` before it can be written there. */
async function copyBlobs(
  registry: Registry,
  from: string,
  to: string,
  { subject, manifest: digest }: { readonly subject: Digest; readonly manifest: Digest },
): Promise<StoredManifest> {
  const { stored, manifest } = await readReferrer(registry, from, digest, subject);
  for (const blob of [manifest.config, ...manifest.layers])
    if (blob.mediaType === mediaTypes.ociEmpty)
      await once(registry, to, blob.digest, () => copyBlob(registry, from, to, blob));
    else await copyBlob(registry, from, to, blob);
  return stored;
}

async function copyBlob(registry: Registry, from: string, to: string, blob: Descriptor): Promise<void> {
  if (await registry.mountBlob(to, from, blob.digest)) return;
  if (await lookBeforeWriting(registry).hasBlob(to, blob.digest)) return;
  await registry.putBlob(to, blob, () => registry.getBlob(from, blob));
}

async function readReferrer(
  registry: Registry,
  repository: string,
  digest: Digest,
  subject: Digest,
): Promise<{ stored: StoredManifest; manifest: Manifest }> {
  const stored = await registry.getManifest(repository, digest);
  if (stored === undefined)
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${repository}@${digest}: recorded evidence is gone from the registry`,
    );
  if (stored.content.kind === 'index' || stored.content.manifest.subject?.digest !== subject)
    throw new RegistryError('REGISTRY_BAD_MANIFEST', `${repository}@${digest}: not evidence about ${subject}`);
  return { stored, manifest: stored.content.manifest };
}
