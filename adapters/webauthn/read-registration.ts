import type { NewPasskey, RelyingParty } from '../../domain/identity/passkey.ts';
import { readAuthenticatorData } from './authenticator-data.ts';
import { checkClientData } from './check-client-data.ts';
import { passkeyFingerprint, readCredentialKey } from './credential-key.ts';
import { fromBase64url } from './verify-assertion.ts';

export interface GivenRegistration {
  readonly clientData: string;
  readonly authenticatorData: string;
}

/**
 * A new credential (Web Authentication, 7.1), made on our page for this statement. No attestation is asked for: what makes of it is
 * its owner's business, and whose it is an administrator says. Throws a ProofError.
 */
export async function readRegistration(
  { clientData, authenticatorData }: GivenRegistration,
  statement: string,
  { id: relyingParty, origin }: RelyingParty,
): Promise<Omit<NewPasskey, 'name' | 'transports'>> {
  checkClientData(fromBase64url(clientData), { type: 'webauthn.create', statement, origin });
  const data = readAuthenticatorData(fromBase64url(authenticatorData), { id: relyingParty, kind: 'registration' });
  const { id, rest } = data.attested as NonNullable<typeof data.attested>;
  // Only here, and seldom: nothing else of the gateway reads CBOR.
  const { readCoseKey } = await import('./cose-key.ts');
  const der = readCoseKey(rest, data.hasExtensions);
  readCredentialKey(der);
  return {
    id: Buffer.from(id).toString('base64url'),
    publicKey: der.toString('base64url'),
    fingerprint: passkeyFingerprint(der),
    relyingParty,
    signCount: data.signCount,
  };
}
