import { z } from 'zod';
import { type Digest, parseDigest } from '../artifact/digest.ts';

const referenceSchema = z.object({
  references: z
    .array(
      z.object({ digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }), mediaType: z.string().max(255) }),
    )
    .max(100),
});

/**
 * The one document of these media types that a reference (in-toto reference v0.1) signs, by its digest; or in a clause why there is
 * none. Where the statement says it can be fetched is not read: a digest is looked for where the artifact is.
 */
export function readDocumentReference(
  predicate: unknown,
  mediaTypes: readonly string[],
): { readonly mediaType: string; readonly digest: Digest } | { readonly problem: string } {
  const read = referenceSchema.safeParse(predicate);
  if (!read.success) return { problem: 'its references have no SHA-256 and media type each' };
  const wanted = read.data.references.filter(({ mediaType }) => mediaTypes.includes(mediaType));
  const [found] = wanted;
  if (found === undefined || wanted.length !== 1)
    return { problem: `it refers to ${wanted.length} documents of ${mediaTypes.join(' or ')}, not to one` };
  return { mediaType: found.mediaType, digest: parseDigest(`sha256:${found.digest.sha256}`) };
}
