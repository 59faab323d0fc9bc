import type { SignerIdentity } from '../trust/evidence.ts';
import type { Policy } from './policy.ts';

/** Whether the policy lets this identity sign for the builder of this id: the pair is what is trusted, neither of them alone. */
export function speaksForBuilder({ document, keyIds }: Policy, identity: SignerIdentity, builderId: string): boolean {
  return document.builders.some(
    ({ id, signer, state }) =>
      id === builderId && state !== 'revoked' && identity.kind === 'key' && keyIds[signer] === identity.keyId,
  );
}
