/** The hash a bundle names of the file it signs: HashAlgorithm of protobuf-specs (sigstore_common.proto), by name and by number. */
import { createHash } from 'node:crypto';
import type { SignedFile } from './signed-content.ts';

const hashes = [
  { name: 'SHA2_256', number: 1, hash: 'sha256' },
  { name: 'SHA2_384', number: 2, hash: 'sha384' },
  { name: 'SHA2_512', number: 3, hash: 'sha512' },
] as const;

export function isAcceptedHash(name: string): boolean {
  return hashes.some((hash) => hash.name === name);
}

/** Whether the digest a bundle carries is that of `file`. */
export function isMessageDigest(named: { algorithm: number; digest: Buffer }, file: SignedFile): boolean {
  const found = hashes.find(({ number }) => number === named.algorithm);
  if (found === undefined) return false;
  if ('sha256' in file) return found.hash === 'sha256' && named.digest.equals(file.sha256);
  return createHash(found.hash).update(file.bytes).digest().equals(named.digest);
}
