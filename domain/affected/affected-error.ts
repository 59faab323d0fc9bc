export type AffectedErrorCode =
  | 'AFFECTED_INVALID' // neither advisory, package URL nor selector
  | 'AFFECTED_UNKNOWN' // an advisory the database does not have
  | 'AFFECTED_TOO_MANY'; // more versions than one answer can speak of

/** A question that cannot be answered. The message says what was expected. */
export class AffectedError extends Error {
  override readonly name = 'AffectedError';
  readonly code: AffectedErrorCode;

  constructor(code: AffectedErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
