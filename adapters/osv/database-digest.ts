/** One digest over all records, the same in every implementation of the database and in whatever order records came. */
import { createHash } from 'node:crypto';

/** SHA-256 (hex) of a record as `JSON.stringify` writes what `parseOsvRecord` returned. */
export function recordDigest(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

/** `sha256:<hex>` over the lines `<id> <record digest>\n`, which must come sorted by the bytes of the id. */
export function databaseDigest(sorted: Iterable<{ readonly id: string; readonly digest: string }>): string {
  const hash = createHash('sha256');
  for (const { id, digest } of sorted) hash.update(`${id} ${digest}\n`);
  return `sha256:${hash.digest('hex')}`;
}
