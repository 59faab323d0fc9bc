import type { FileHash } from '../../sbom/component.ts';

const algorithms: Readonly<Record<string, { name: FileHash['algorithm']; bytes: number }>> = {
  sha1: { name: 'SHA-1', bytes: 20 },
  sha256: { name: 'SHA-256', bytes: 32 },
  sha512: { name: 'SHA-512', bytes: 64 },
};

/** Subresource Integrity (https://www.w3.org/TR/SRI/) as hex hashes; what is of another length or kind is left out. */
export function parseIntegrity(text: string): FileHash[] {
  return text
    .slice(0, 4096)
    .split(/\s+/)
    .flatMap((one) => {
      const match = /^(sha1|sha256|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?|$)/.exec(one);
      const algorithm = algorithms[match?.[1] ?? ''];
      const value = match?.[2] === undefined ? undefined : base64ToHex(match[2]);
      return algorithm === undefined || value?.length !== algorithm.bytes * 2
        ? []
        : [{ algorithm: algorithm.name, value }];
    });
}

function base64ToHex(text: string): string | undefined {
  try {
    return Array.from(atob(text), (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  } catch {
    return undefined;
  }
}
