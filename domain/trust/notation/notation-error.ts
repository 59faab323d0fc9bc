export type NotationErrorCode =
  | 'TRUST_POLICY_MALFORMED' // not a trust policy document as its specification has it
  | 'TRUST_POLICY_NOT_APPLICABLE' // no statement is about this repository
  | 'TRUST_STORE_UNREADABLE' // a store a statement names is not there, or holds what is no certificate
  | 'TRUST_STORE_EMPTY' // a store a statement names has nothing in it
  | 'REVOCATION_LIST_UNREADABLE' // no list of revoked certificates, or one that is too long
  | 'REVOCATION_ANSWER_UNREADABLE' // no answer about a certificate, or a refusal to give one
  | 'NAME_INVALID' // no distinguished name as Notation takes it
  | 'CHAIN_INVALID' // the certificates to sign with are no chain for this key
  | 'EXPIRY_INVALID';

/** Thrown for trust documents and chains that are ours to mend. The message names file and place, and what to write instead. */
export class NotationError extends Error {
  override readonly name = 'NotationError';
  readonly code: NotationErrorCode;

  constructor(code: NotationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
