import type { SignerIdentity } from './evidence.ts';

/**
 * Whether Pratique itself signed: then the evidence never counts as origin, in no gate.
 * `ownKeyIds` are the ids of every key this installation has ever held, retired ones included.
 */
export function evidenceOrigin(identity: SignerIdentity, ownKeyIds: ReadonlySet<string>): 'own' | 'foreign' {
  // A certificate for one of our keys makes what it signed nobody else's.
  return identity.kind !== 'certificate' && ownKeyIds.has(identity.keyId) ? 'own' : 'foreign';
}
