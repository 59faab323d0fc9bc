import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import { createBundleManifest } from './bundle-manifest.ts';
import { readRecordedEvidence } from './read-evidence.ts';

/** What is attached, to which manifest, and how it is described. */
export interface Attachment {
  readonly repository: string;
  readonly subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly bundle: Uint8Array;
  readonly predicateType: string;
  /** RFC 3339; the same attachment with the same time is the same manifest. */
  readonly created: string;
}

/**
 * Attaches a bundle to an artifact, as cosign 3 does, and finds it again among the referrers before it says so.
 * Returns the digest of the bundle's manifest. Throws a RegistryError where the registry does not show it afterwards.
 */
export async function attachBundle(registry: Registry, attachment: Attachment): Promise<Digest> {
  const { repository, subject, bundle, predicateType, created } = attachment;
  const manifest = createBundleManifest(subject, bundle, predicateType, created);
  for (const { descriptor, bytes } of manifest.blobs) await registry.putBlob(repository, descriptor, bytes);
  await registry.attachReferrer(repository, subject.digest, manifest.bytes, manifest.descriptor.mediaType);
  const listed = await registry.listReferrers(repository, subject.digest);
  const found = await readRecordedEvidence(registry, repository, manifest.descriptor.digest, subject.digest);
  if (found.kind === 'bundle' && listed.some(({ digest }) => digest === found.manifest)) return found.manifest;
  throw new RegistryError(
    'REGISTRY_NOT_FOUND',
    `${repository}: the evidence attached to ${subject.digest} is not among its referrers when read back`,
  );
}
