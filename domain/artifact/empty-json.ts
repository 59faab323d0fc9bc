import { type Descriptor, mediaTypes } from './descriptor.ts';
import { parseDigest } from './digest.ts';

/** `{}`: the config, or the only layer, of a manifest that needs none (OCI image specification, manifest.md, "Guidance for an Empty Descriptor"). */
export const emptyJson: { readonly descriptor: Descriptor; readonly bytes: Uint8Array } = {
  descriptor: {
    mediaType: mediaTypes.ociEmpty,
    digest: parseDigest('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
    size: 2,
  },
  bytes: Uint8Array.of(0x7b, 0x7d),
};
