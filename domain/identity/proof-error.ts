export type ProofErrorCode =
  /** No canonical text, no SSHSIG, no token, or more than one of them. */
  | 'PROOF_UNREADABLE'
  /** Of another decision, artifact, environment, person, verb or reason. */
  | 'PROOF_OF_ANOTHER'
  /** Made too long ago, or in the future; a token that has expired. */
  | 'PROOF_OUT_OF_TIME'
  /** The signature is wrong, or made for another purpose; a token of another issuer, audience or nonce. */
  | 'PROOF_INVALID'
  /** The key or identity is nobody's, or somebody else's. */
  | 'PROOF_NOT_THEIRS'
  /** The issuer's keys cannot be had now. */
  | 'PROOF_UNCHECKED';

/** Why a proof does not count, and what to do next; never what is in it. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
  readonly code: ProofErrorCode;
  constructor(code: ProofErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** True where a proof was looked at and does not count. What cannot be looked at now says neither, and is looked at again. */
export function isRefusedProof(error: unknown): error is ProofError {
  return error instanceof ProofError && error.code !== 'PROOF_UNCHECKED';
}
