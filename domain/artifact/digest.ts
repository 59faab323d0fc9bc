/**
 * Content digests as the OCI image specification writes them (descriptor.md, "Digests"): `sha256:<64 hex>`.
 * Parsed once, at the door; everything behind it takes the branded string.
 */
import { z } from 'zod';

/** `sha256:` and 64 lower-case hex digits. A JSON-safe branded string: it survives workflow histories. */
export type Digest = string & { readonly __brand: 'Digest' };

const PATTERN = /^sha256:[a-f0-9]{64}$/;

export function isDigest(text: string): text is Digest {
  return PATTERN.test(text);
}

/** Throws a TypeError that quotes the (bounded) text where it is not a sha256 digest. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TypeError(`not a sha256 digest: ${JSON.stringify(text.slice(0, 100))}`);
}

/** The 64 hex digits without the algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** `sha256:0123456789ab`: for people to read, never for a lookup. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

export const digestSchema = z
  .string()
  .regex(PATTERN, 'expected sha256:<64 hex digits>')
  .transform((text) => text as Digest);
