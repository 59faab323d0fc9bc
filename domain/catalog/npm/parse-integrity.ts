import type { FileHash } from '../../sbom/component.ts';
import { base64Hash } from '../file-hash.ts';

const algorithms = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const;

/** Subresource Integrity (https://www.w3.org/TR/SRI/) as hex hashes; what is of another length or kind is left out. */
export function parseIntegrity(text: string): FileHash[] {
  return text
    .slice(0, 4096)
    .split(/\s+/)
    .flatMap((one) => {
      const match = /^(sha1|sha256|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?|$)/.exec(one);
      return match === null ? [] : base64Hash(algorithms[match[1] as keyof typeof algorithms], match[2]);
    });
}
