/** Who may bring the next policy as a file: by a signature over its bytes, beside it. */
import type { PolicyDocument } from './document.ts';

export type PolicySigner = PolicyDocument['policySigners'][number];

/** Of SSH signatures (PROTOCOL.sshsig): a signature made for anything else brings no policy. */
export const policyNamespace = 'policy@pratique.dev';

/** Characters of the longest signature. */
export const MAX_POLICY_SIGNATURE = 16_384;

/** Which of them signed a policy; undefined where none did. */
export type FindPolicySigner = (
  text: string,
  signature: string,
  signers: readonly PolicySigner[],
) => PolicySigner | undefined;
