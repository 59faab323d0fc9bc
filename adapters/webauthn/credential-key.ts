/** Public keys of passkeys, in one form: SubjectPublicKeyInfo in DER. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { ProofError } from '../../domain/identity/proof-error.ts';

/** RSA keys below this many bits sign nothing (NIST SP 800-131A). */
const MIN_RSA_BITS = 2048;

/** `SHA256:…` over the DER. */
export function passkeyFingerprint(der: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
}

/** A stored key, with the hash its signatures are over; Ed25519 has none. Throws a ProofError for kinds nobody registers. */
export function readCredentialKey(der: Uint8Array): { readonly key: KeyObject; readonly hash: 'sha256' | undefined } {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new ProofError('PROOF_UNREADABLE', 'the key of the passkey cannot be read', { cause });
  }
  if (!key.export({ format: 'der', type: 'spki' }).equals(der))
    throw new ProofError('PROOF_UNREADABLE', 'the key of the passkey is not in its one form');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { key, hash: 'sha256' };
  if (type === 'ed25519') return { key, hash: undefined };
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) return { key, hash: 'sha256' };
  throw new ProofError(
    'PROOF_INVALID',
    'the passkey has a key of a kind that is not taken: ES256, Ed25519 and RS256 are',
  );
}
