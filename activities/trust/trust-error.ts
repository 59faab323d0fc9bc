/**
 * `REPOSITORY_NOT_TAKEN_IN`: asked about a place of no pushes. `KEPT_STATEMENT_FORGED`: what is stored as signed by us is not.
 * `KEY_NOT_FOR_THIS`: a key was to sign what others sign, or nobody does. `ROTATION_UNKNOWN`: nobody asked for it at the gateway.
 * `DOCUMENTS_BUSY`: what others attest about other artifacts was judged for so long that this one's turn did not come.
 */
export type TrustErrorCode =
  | 'REPOSITORY_NOT_TAKEN_IN'
  | 'KEPT_STATEMENT_FORGED'
  | 'KEY_NOT_FOR_THIS'
  | 'ROTATION_UNKNOWN'
  | 'DOCUMENTS_BUSY';

/** Thrown where the trust worker is asked to sign what it must not, or can not look now. Another try gives the same answer, but after DOCUMENTS_BUSY. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly code: TrustErrorCode;
  constructor(code: TrustErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
