/**
 * `REPOSITORY_NOT_TAKEN_IN`: asked about a place of no pushes. `KEPT_STATEMENT_FORGED`: what is stored as signed by us is not.
 * `KEY_NOT_FOR_THIS`: a key was to sign what others sign, or nobody does. `ROTATION_UNKNOWN`: nobody asked for it at the gateway.
 */
export type TrustErrorCode =
  | 'REPOSITORY_NOT_TAKEN_IN'
  | 'KEPT_STATEMENT_FORGED'
  | 'KEY_NOT_FOR_THIS'
  | 'ROTATION_UNKNOWN';

/** Thrown where the trust worker is asked to sign what it must not. Another try gives the same answer. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly code: TrustErrorCode;
  constructor(code: TrustErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
