import { createHash } from 'node:crypto';
import type { SbomDocument } from '../../domain/sbom/document.ts';

/**
 * A UUID made from the document's content (RFC 9562, version 8), so that the same content has the same serial number
 * wherever and whenever it is written.
 */
export function documentUuid({ subject, stock, build = [], toolVersion }: SbomDocument): string {
  const { components, ...about } = stock;
  const digest = createHash('sha256').update(JSON.stringify({ subject, about, build, toolVersion }));
  // One by one: a million of them are longer than a string may be.
  for (const component of components) digest.update(JSON.stringify(component));
  const hash = digest.digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
