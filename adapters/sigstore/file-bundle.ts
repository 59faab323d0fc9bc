import { createHash, createPublicKey } from 'node:crypto';
import { toMessageSignatureBundle } from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { signingSchemeOf } from './signing-scheme.ts';

const names = { sha256: HashAlgorithm.SHA2_256, sha384: HashAlgorithm.SHA2_384 } as const;

/**
 * A bundle v0.3 around a signature over a file. The digest it names is by the hash that the key signs with (SHA-256 where it has its
 * own): a log is given the digest in place of the file, and checks the signature over it. `signer`: certificate or public key, in PEM.
 */
export function toFileBundle(
  file: Uint8Array,
  { signature, signer, certificate }: { signature: Buffer; signer: string; certificate?: Buffer | undefined },
): ReturnType<typeof toMessageSignatureBundle> {
  const hash = signingSchemeOf(createPublicKey(signer), 'the signing key').hash ?? 'sha256';
  const digest = createHash(hash).update(file).digest();
  const bundle = toMessageSignatureBundle({ digest, signature, ...(certificate === undefined ? {} : { certificate }) });
  bundle.content.messageSignature.messageDigest.algorithm = names[hash];
  return bundle;
}
