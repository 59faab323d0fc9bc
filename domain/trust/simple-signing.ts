/** What cosign signed before bundles: "simple signing" of containers (cosign specs/SIGNATURE_SPEC.md; containers-signature(5)). */
import { z } from 'zod';
import { type Digest, digestSchema } from '../artifact/digest.ts';

const TYPE = 'cosign container image signature';

const payloadSchema = z.object({
  critical: z.object({
    identity: z.object({ 'docker-reference': z.string().max(4096) }),
    image: z.object({ 'docker-manifest-digest': digestSchema }),
    type: z.literal([TYPE, 'https://sigstore.dev/cosign/sign/v1']),
  }),
});

/** The digest a payload is about; undefined where it is none. `value` is its JSON. */
export function readSimpleSigning(value: unknown): Digest | undefined {
  const parsed = payloadSchema.safeParse(value);
  return parsed.success ? parsed.data.critical.image['docker-manifest-digest'] : undefined;
}

/** The payload as cosign 2 writes it. `reference`: the name it is signed under, without tag or digest. */
export function createSimpleSigning(subject: Digest, reference: string): string {
  return JSON.stringify({
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': subject },
      type: TYPE,
    },
    optional: null,
  });
}
