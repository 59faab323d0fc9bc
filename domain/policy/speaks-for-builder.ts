import type { SignerIdentity } from '../trust/evidence.ts';
import { findSigners } from '../trust/trusted-signer.ts';
import type { Policy } from './policy.ts';

/** Whether the policy lets this identity sign for the builder of this id: the pair is what is trusted, neither of them alone. */
export function speaksForBuilder(policy: Policy, identity: SignerIdentity, builderId: string): boolean {
  const names = findSigners(policy, identity).map(({ name }) => name);
  return policy.document.builders.some(
    ({ id, signer, state }) => id === builderId && state !== 'revoked' && names.includes(signer),
  );
}
