/** What is attached to an artifact, read from its registry with every bound; verifying it is the caller's. */
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import type { AttachedEvidence } from '../../domain/trust/evidence-desk.ts';
import type { EvidenceReader } from '../oci/layout-referrers.ts';
import { maxBundleBytes } from './open-bundle.ts';

/** Referrers of one subject that are ever listed: twice what a registry without the API can hold under one tag. */
export const maxListedReferrers = 20_000;

const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d+\.\d+)?\+json/;

/**
 * The Sigstore bundles and Notation signatures attached to `subject`, one at a time, so that memory holds one; at most `limit` of them. Those in `known`
 * (by manifest) are passed over before they are fetched, and so are other kinds of referrers; what is listed twice comes once.
 * What cannot be read, or is about something else, is reported in its place; an unreachable registry throws the RegistryError.
 */
export async function* readEvidence(
  registry: EvidenceReader,
  repository: string,
  subject: Digest,
  { limit, known }: { readonly limit: number; readonly known: ReadonlySet<Digest> },
): AsyncGenerator<AttachedEvidence> {
  const referrers = await registry.listReferrers(repository, subject, { limit: maxListedReferrers });
  const wanted = referrers.filter((referrer) => mayBeEvidence(referrer) && !known.has(referrer.digest));
  const candidates = [...new Set(wanted.map(({ digest }) => digest))];
  for (const manifest of candidates.slice(0, limit)) {
    const attached = await readAttached(registry, repository, manifest, subject);
    if (attached.kind !== 'other') yield attached;
  }
  if (candidates.length > limit) yield { kind: 'truncated', limit, count: candidates.length };
}

/** The bundle of one manifest, without the list it is in. Undefined where the manifest carries none. */
export async function readOneEvidence(
  registry: EvidenceReader,
  repository: string,
  subject: Digest,
  manifest: Digest,
): Promise<AttachedEvidence | undefined> {
  const attached = await readAttached(registry, repository, manifest, subject);
  return attached.kind === 'other' ? undefined : attached;
}

/** Indexes kept by older writers name no artifact type: those are opened to see. */
function mayBeEvidence({ artifactType }: Descriptor): boolean {
  return artifactType === undefined || BUNDLE_TYPE.test(artifactType) || artifactType === mediaTypes.notationSignature;
}

async function readAttached(
  registry: EvidenceReader,
  repository: string,
  manifest: Digest,
  subject: Digest,
): Promise<AttachedEvidence | { readonly kind: 'other' }> {
  const unreadable = (reason: string): AttachedEvidence => ({ kind: 'unreadable', manifest, reason });
  try {
    const stored = await registry.getManifest(repository, manifest);
    if (stored === undefined) return unreadable('the registry does not have the manifest that is listed');
    if (stored.content.kind === 'index') return { kind: 'other' };
    const { artifactType, config, layers, subject: about } = stored.content.manifest;
    const type = artifactType ?? config.mediaType;
    const isEnvelope = type === mediaTypes.notationSignature;
    if (!isEnvelope && !BUNDLE_TYPE.test(type)) return { kind: 'other' };
    if (about?.digest !== subject)
      return {
        ...{ kind: 'misplaced', manifest },
        reason: 'the manifest names another subject than the one it is listed under',
      };
    const [layer] = layers;
    if (layer === undefined || layers.length !== 1)
      return unreadable(`a manifest of evidence has one layer, this one has ${layers.length}`);
    const bytes = await registry.getBlobBytes(repository, layer, maxBundleBytes);
    return isEnvelope
      ? { kind: 'envelope', manifest, bundle: layer.digest, mediaType: layer.mediaType, bytes }
      : { kind: 'bundle', manifest, bundle: layer.digest, bytes };
  } catch (error) {
    if (!(error instanceof RegistryError) || isOutage(error)) throw error;
    return error.code === 'REGISTRY_TOO_LARGE'
      ? { kind: 'unreadable', manifest, code: 'BUNDLE_TOO_LARGE', reason: error.message }
      : unreadable(error.message);
  }
}

/** Worth another try, or a matter of credentials: says nothing about the evidence. */
function isOutage(error: RegistryError): boolean {
  return error.code === 'REGISTRY_UNAVAILABLE' || error.code === 'REGISTRY_DENIED';
}
