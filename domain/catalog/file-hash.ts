import type { FileHash } from '../sbom/component.ts';

const DIGITS: Readonly<Record<FileHash['algorithm'], number>> = { MD5: 32, 'SHA-1': 40, 'SHA-256': 64, 'SHA-512': 128 };

/** None where the text is no hash of that kind. */
export function hexHash(algorithm: FileHash['algorithm'], text: string | undefined): FileHash[] {
  const value = text?.toLowerCase() ?? '';
  return value.length === DIGITS[algorithm] && /^[0-9a-f]+$/.test(value) ? [{ algorithm, value }] : [];
}

/** The same for hashes in Base64 (RFC 4648, section 4). */
export function base64Hash(algorithm: FileHash['algorithm'], text: string | undefined): FileHash[] {
  if (text === undefined || text.length > DIGITS[algorithm] || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return [];
  try {
    const bytes = Array.from(atob(text), (char) => char.charCodeAt(0).toString(16).padStart(2, '0'));
    return hexHash(algorithm, bytes.join(''));
  } catch {
    return [];
  }
}

/** `sha256:<hex>`, as Python's tools, Nix and OCI write hashes. */
export function namedHash(text: string | undefined): FileHash[] {
  const match = /^(md5|sha1|sha256|sha512)[:=]([0-9a-fA-F]+)$/.exec(text ?? '');
  const names = { md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const;
  return match === null ? [] : hexHash(names[match[1] as keyof typeof names], match[2]);
}
