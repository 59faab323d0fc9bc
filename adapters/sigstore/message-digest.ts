/** The hash a bundle names of the file it signs: HashAlgorithm of protobuf-specs (sigstore_common.proto), by name and by number. */
import { createHash } from 'node:crypto';

const hashes = [
  { name: 'SHA2_256', number: 1, hash: 'sha256' },
  { name: 'SHA2_384', number: 2, hash: 'sha384' },
  { name: 'SHA2_512', number: 3, hash: 'sha512' },
] as const;

export function isAcceptedHash(name: string): boolean {
  return hashes.some((hash) => hash.name === name);
}

/** Whether the digest a bundle carries is that of `artifact`. */
export function isMessageDigest(named: { algorithm: number; digest: Buffer }, artifact: Uint8Array): boolean {
  const found = hashes.find(({ number }) => number === named.algorithm);
  return found !== undefined && createHash(found.hash).update(artifact).digest().equals(named.digest);
}
