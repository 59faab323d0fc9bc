import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { sha256 } from '../oci/digest-of.ts';
import type { ReferrerPlace } from '../oci/layout-writer.ts';
import type { Certificate } from './certificate.ts';
import { envelopeTypes } from './signature-envelope.ts';

const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256';

/**
 * Attaches a JWS envelope to `subject` as `notation sign` does (signature-specification.md, "OCI signatures"), and reads it back.
 * `created`: RFC 3339, whole seconds. Returns the manifest's digest. Throws a RegistryError where it is not there afterwards.
 */
export async function attachEnvelope(
  registry: ReferrerPlace,
  repository: string,
  subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  envelope: Uint8Array,
  { chain, created }: { readonly chain: readonly Certificate[]; readonly created: string },
): Promise<Digest> {
  const config = new TextEncoder().encode('{}');
  const [configBlob, layer] = [
    { mediaType: mediaTypes.notationSignature, digest: sha256(config), size: config.length },
    { mediaType: envelopeTypes.jws, digest: sha256(envelope), size: envelope.length },
  ];
  await registry.putBlob(repository, configBlob, config);
  await registry.putBlob(repository, layer, envelope);
  const { mediaType, digest, size } = subject;
  const manifest = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: configBlob,
      layers: [layer],
      subject: { mediaType, digest, size },
      annotations: {
        [THUMBPRINTS]: JSON.stringify(chain.map(({ thumbprint }) => thumbprint)),
        'org.opencontainers.image.created': created,
      },
    }),
  );
  await registry.attachReferrer(repository, digest, manifest, mediaTypes.ociManifest);
  const attached = sha256(manifest);
  if ((await registry.resolve(repository, attached))?.digest !== attached)
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${repository}: a signature was attached as ${attached} and is not there when read back`,
    );
  return attached;
}
