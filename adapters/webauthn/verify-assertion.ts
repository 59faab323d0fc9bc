import { createHash, verify } from 'node:crypto';
import type { RelyingParty, StoredAssertion } from '../../domain/identity/passkey.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import { readAuthenticatorData } from './authenticator-data.ts';
import { checkClientData } from './check-client-data.ts';
import { passkeyFingerprint, readCredentialKey } from './credential-key.ts';

/**
 * Verifies an assertion over a statement (Web Authentication, 7.2): whose key it is, as a fingerprint, and its counter. What was
 * counted before is compared by whoever keeps it. Throws a ProofError.
 */
export function verifyAssertion(
  { clientData, authenticatorData, signature, publicKey }: StoredAssertion,
  statement: string,
  { id, origin }: RelyingParty,
): { readonly fingerprint: string; readonly signCount: number } {
  const [client, data, raw, der] = [clientData, authenticatorData, signature, publicKey].map(fromBase64url) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  checkClientData(client, { type: 'webauthn.get', statement, origin });
  const { signCount } = readAuthenticatorData(data, { id, kind: 'assertion' });
  const { key, hash } = readCredentialKey(der);
  const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
  if (!verify(hash, signed, key, raw))
    throw new ProofError('PROOF_INVALID', 'the signature of the passkey does not verify: decide again');
  return { fingerprint: passkeyFingerprint(der), signCount };
}

/** One spelling for one text of bytes. Throws a ProofError. */
export function fromBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') === text) return bytes;
  throw new ProofError('PROOF_UNREADABLE', 'what the passkey answered is not in base64url');
}
