/** A decision that can not be made or revoked; the message names the field and what to do. */
export class DecisionError extends Error {
  override readonly name = 'DecisionError';
  readonly code: 'DECISION_INVALID' | 'DECISION_UNKNOWN' | 'DECISION_TOO_MANY';

  constructor(code: DecisionError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
