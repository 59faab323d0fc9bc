import { createPublicKey } from 'node:crypto';
import { type Descriptor, type Manifest, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { createSimpleSigning } from '../../domain/trust/simple-signing.ts';
import { sha256 } from '../oci/digest-of.ts';
import { signatureAnnotation, signatureTag, simpleSigningType } from './cosign-tags.ts';
import { verifySignature } from './verify-signature.ts';

interface Wanted {
  readonly repository: string;
  readonly subject: Digest;
  /** The name it is signed under: `<registry>/<repository>`. */
  readonly reference: string;
}

/** Layers a tag may have: of others' signatures more are kept by nobody. */
const MAX_LAYERS = 500;

/**
 * Signs `subject` for consumers that read cosign's older tag, beside what others signed there, and reads it back. Done before
 * with this key, it changes nothing. `onCreate` gets the manifest's digest before it is written. Returns that digest.
 */
export async function attachCosignSignature(
  registry: Registry,
  { repository, subject, reference }: Wanted,
  signer: Signer,
  onCreate: (manifests: readonly Digest[]) => Promise<void> = async () => undefined,
): Promise<Digest> {
  const tag = signatureTag(subject);
  const payload = new TextEncoder().encode(createSimpleSigning(subject, reference));
  const blob = { mediaType: simpleSigningType, digest: sha256(payload), size: payload.length };
  const stored = await registry.getManifest(repository, tag);
  const before = stored?.content.kind === 'manifest' ? stored.content.manifest.layers : [];
  if (stored !== undefined && before.some((layer) => isOurs(layer, blob.digest, payload, signer)))
    return stored.descriptor.digest;
  const signature = Buffer.from(await signer.sign(payload)).toString('base64');
  const layers = [...before.slice(-MAX_LAYERS), { ...blob, annotations: { [signatureAnnotation]: signature } }];
  const config = encode({
    architecture: '',
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: sha256(config), size: config.length },
    layers,
  };
  const bytes = encode(manifest);
  const digest = sha256(bytes);
  await registry.putBlob(repository, blob, payload);
  await registry.putBlob(repository, manifest.config, config);
  await onCreate([digest]);
  await registry.putManifest(repository, tag, bytes, mediaTypes.ociManifest);
  const seen = await registry.resolve(repository, tag);
  if (seen?.digest !== digest)
    throw new RegistryError('REGISTRY_UNAVAILABLE', `${repository}:${tag}: another writer took the tag; try again`);
  return digest;
}

function isOurs(layer: Descriptor, digest: Digest, payload: Uint8Array, signer: Signer): boolean {
  const signature = layer.annotations?.[signatureAnnotation];
  if (layer.digest !== digest || signature === undefined) return false;
  return verifySignature(payload, createPublicKey(signer.publicKeyPem), Buffer.from(signature, 'base64'));
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
