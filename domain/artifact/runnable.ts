/** Which manifests can run and which are evidence about others. Tags and the `subject` field decide nothing. */
import { isIndexType, type Manifest, mediaTypes } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { StoredManifest } from './registry.ts';

const RUNNABLE_CONFIGS: readonly string[] = [mediaTypes.ociConfig, mediaTypes.dockerConfig];
const REFERRERS_TAG = /^sha256-([a-f0-9]{64})$/;

/** cosign's older tags. Its config is that of an image: what tells it apart is that no layer of it can run. */
const COSIGN_TAG = /^sha256-([a-f0-9]{64})\.(?:sig|att)$/;
const COSIGN_LAYERS: readonly string[] = [
  'application/vnd.dev.cosign.simplesigning.v1+json',
  'application/vnd.dsse.envelope.v1+json',
];

export type ManifestRole =
  | { readonly role: 'artifact'; readonly kind: 'image' | 'index' | 'other' }
  | { readonly role: 'evidence'; readonly subject: Digest };

/**
 * A manifest with a subject whose config no runtime starts is evidence, and so is an index under a referrers tag
 * that lists nothing but such manifests. A runnable image with `subject` set, or tagged `sha256-<hex>`, is judged like any other.
 */
export function roleOf(stored: StoredManifest, tag: string | undefined): ManifestRole {
  if (stored.content.kind === 'index') {
    const { index } = stored.content;
    const referrers = tag === undefined ? null : REFERRERS_TAG.exec(tag);
    const lists = index.manifests.every(
      (entry) => entry.artifactType !== undefined && entry.platform === undefined && !isIndexType(entry.mediaType),
    );
    if (referrers !== null && lists) return { role: 'evidence', subject: `sha256:${referrers[1]}` as Digest };
    return { role: 'artifact', kind: 'index' };
  }
  const { manifest } = stored.content;
  const older = tag === undefined ? null : COSIGN_TAG.exec(tag);
  const isSigned =
    manifest.layers.length > 0 && manifest.layers.every(({ mediaType }) => COSIGN_LAYERS.includes(mediaType));
  if (older !== null && isSigned) return { role: 'evidence', subject: `sha256:${older[1]}` as Digest };
  const runnable = RUNNABLE_CONFIGS.includes(manifest.config.mediaType);
  if (manifest.subject !== undefined && !runnable) return { role: 'evidence', subject: manifest.subject.digest };
  return { role: 'artifact', kind: runnable ? 'image' : 'other' };
}

/**
 * BuildKit lists its attestations in an index, as images of the platform `unknown/unknown` whose layers are in-toto statements
 * (https://docs.docker.com/build/metadata/attestations/attestation-storage/). The layers say so; the platform is anybody's word.
 */
export function holdsAttestationsOnly({ layers }: Pick<Manifest, 'layers'>): boolean {
  return layers.every(({ mediaType }) => mediaType === mediaTypes.inToto);
}
