/** What is attached to an artifact, read from its registry with every bound; verifying it is the caller's. */
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { maxBundleBytes } from './open-bundle.ts';

/** One bundle as attached: nothing in it is trusted yet, its annotations least of all. */
export type AttachedBundle =
  | {
      readonly kind: 'bundle';
      readonly manifest: Digest;
      readonly bundle: Digest;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'unreadable'; readonly manifest: Digest; readonly reason: string };

export type AttachedEvidence =
  | AttachedBundle
  /** There are more referrers than `limit`: what comes after it was not looked at. */
  | { readonly kind: 'truncated'; readonly limit: number };

const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d+\.\d+)?\+json/;

/**
 * The Sigstore bundles attached to `subject`, one at a time, so that memory holds one. Other referrers are passed over.
 * What cannot be read is reported in its place; an unreachable registry throws the RegistryError.
 */
export async function* readEvidence(
  registry: RegistryReader,
  repository: string,
  subject: Digest,
  options: { readonly limit?: number } = {},
): AsyncGenerator<AttachedEvidence> {
  const limit = options.limit ?? 1000;
  const referrers = await registry.listReferrers(repository, subject, { limit: limit + 1 });
  for (const referrer of referrers.slice(0, limit))
    if (mayBeBundle(referrer)) {
      const attached = await readAttached(registry, repository, referrer.digest, subject);
      if (attached.kind !== 'other') yield attached;
    }
  if (referrers.length > limit) yield { kind: 'truncated', limit };
}

/** One piece of evidence by the digest it was recorded under: found however many referrers hide it. */
export async function readRecordedEvidence(
  registry: RegistryReader,
  repository: string,
  manifest: Digest,
  subject: Digest,
): Promise<AttachedBundle> {
  const attached = await readAttached(registry, repository, manifest, subject);
  return attached.kind === 'other'
    ? { kind: 'unreadable', manifest, reason: 'the manifest carries no Sigstore bundle' }
    : attached;
}

/** Indexes kept by older writers name no artifact type: those are opened to see. */
function mayBeBundle(referrer: Descriptor): boolean {
  return referrer.artifactType === undefined || BUNDLE_TYPE.test(referrer.artifactType);
}

async function readAttached(
  registry: RegistryReader,
  repository: string,
  manifest: Digest,
  subject: Digest,
): Promise<AttachedBundle | { readonly kind: 'other' }> {
  const unreadable = (reason: string): AttachedBundle => ({ kind: 'unreadable', manifest, reason });
  try {
    const stored = await registry.getManifest(repository, manifest);
    if (stored === undefined) return unreadable('the registry does not have the manifest that is listed');
    if (stored.content.kind === 'index') return { kind: 'other' };
    const { artifactType, config, layers, subject: about } = stored.content.manifest;
    if (!BUNDLE_TYPE.test(artifactType ?? config.mediaType)) return { kind: 'other' };
    if (about?.digest !== subject)
      return unreadable('the manifest names another subject than the one it is listed under');
    const [layer] = layers;
    if (layer === undefined || layers.length !== 1)
      return unreadable(`a bundle manifest has one layer, this one has ${layers.length}`);
    const bytes = await registry.getBlobBytes(repository, layer, maxBundleBytes);
    return { kind: 'bundle', manifest, bundle: layer.digest, bytes };
  } catch (error) {
    if (!(error instanceof RegistryError) || isOutage(error)) throw error;
    return unreadable(error.message);
  }
}

/** Worth another try, or a matter of credentials: says nothing about the evidence. */
function isOutage(error: RegistryError): boolean {
  return error.code === 'REGISTRY_UNAVAILABLE' || error.code === 'REGISTRY_DENIED';
}
