import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { emptyJson } from '../../domain/artifact/empty-json.ts';
import { sha256 } from '../oci/digest-of.ts';

/** A manifest ready to be attached, and the blobs that go up before it. */
export interface BundleManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** The empty config, and the bundle. */
  readonly blobs: readonly [Described, Described];
}

interface Described {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * The image manifest with which cosign 3 attaches a bundle to `subject` (cosign v3.1.3, pkg/oci/remote/write.go, WriteReferrer).
 * `created` is RFC 3339 and an argument, so that the same bundle gives the same manifest, and attaching it twice changes nothing.
 */
export function createBundleManifest(
  subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  bundle: Uint8Array,
  predicateType: string,
  created: string,
): BundleManifest {
  const layer = describe(bundle, mediaTypes.sigstoreBundle);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: mediaTypes.sigstoreBundle,
    config: emptyJson.descriptor,
    layers: [layer.descriptor],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
      'org.opencontainers.image.created': created,
    },
  };
  const { descriptor, bytes } = describe(new TextEncoder().encode(JSON.stringify(manifest)), mediaTypes.ociManifest);
  return { descriptor: { ...descriptor, artifactType: mediaTypes.sigstoreBundle }, bytes, blobs: [emptyJson, layer] };
}

function describe(bytes: Uint8Array, mediaType: string): Described {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes };
}
