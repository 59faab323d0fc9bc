import { isIndexType, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { readIndex, readManifest } from '../../domain/artifact/plain-manifest.ts';
import { RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import { jsonAmbiguity } from '../../domain/json/ambiguity.ts';

/** Manifests and indexes nest five deep. */
const MAX_DEPTH = 100;

/**
 * Bytes to a manifest or index, validated. The media type inside wins over the header, and both must not disagree on what
 * it is (image-spec: manifest confusion, GHSA-77vh-xpmg-72qh).
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  digest: Digest,
  what: string,
): StoredManifest {
  const bad = (why: string) =>
    new RegistryError('REGISTRY_BAD_MANIFEST', `${what}: not a manifest: ${why}`, { digest });
  let text: string;
  let body: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    body = JSON.parse(text);
  } catch {
    throw bad('the bytes are no JSON');
  }
  const ambiguity = jsonAmbiguity(text, MAX_DEPTH);
  if (ambiguity !== undefined) throw bad(ambiguity);
  if (typeof body !== 'object' || body === null) throw bad('the JSON is no object');
  const hasManifests = 'manifests' in body;
  if (hasManifests && ('layers' in body || 'config' in body)) throw bad('it is both an image and an index');
  const inner = 'mediaType' in body && typeof body.mediaType === 'string' ? body.mediaType : undefined;
  const mediaType = inner ?? contentType ?? (hasManifests ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  if (isIndexType(mediaType) !== hasManifests)
    throw bad(`its media type says ${isIndexType(mediaType) ? 'index' : 'image'}, its content does not`);
  const descriptor = { mediaType, digest, size: bytes.byteLength };
  const invalid = ({ issues: [issue] }: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }) =>
    bad(`${issue?.path.join('.') || 'root'}: ${issue?.message ?? 'unexpected shape'}`);
  if (hasManifests) {
    const index = readIndex(body);
    if (!index.success) throw invalid(index.error);
    return { descriptor, bytes, content: { kind: 'index', index: index.data } };
  }
  const manifest = readManifest(body);
  if (!manifest.success) throw invalid(manifest.error);
  return { descriptor, bytes, content: { kind: 'manifest', manifest: manifest.data } };
}
