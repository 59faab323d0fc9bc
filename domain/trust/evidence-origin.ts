import { identityName, type SignerIdentity } from './evidence.ts';

/**
 * Whether Pratique itself signed: then the evidence never counts as origin, in no gate.
 * `own` are the names (`identityName`) of every key and identity this installation has ever signed with, retired ones included.
 */
export function evidenceOrigin(identity: SignerIdentity, own: ReadonlySet<string>): 'own' | 'foreign' {
  if (own.has(identityName(identity))) return 'own';
  // A certificate for one of our keys makes what it signed nobody else's.
  return identity.kind === 'x509' && own.has(identityName({ kind: 'key', keyId: identity.keyId })) ? 'own' : 'foreign';
}
