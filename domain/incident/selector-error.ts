export type SelectorErrorCode =
  | 'SELECTOR_UNKNOWN_KIND'
  | 'SELECTOR_INVALID_VALUE'
  | 'SELECTOR_UNKNOWN_NAME' // a signer or builder the policy does not have, or a pattern that nobody was met under
  | 'SELECTOR_AMBIGUOUS_NAME'; // a signer of the policy that several identities are: one of them is meant

/** A selector that cannot be used. The message says what was expected. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  readonly code: SelectorErrorCode;

  constructor(code: SelectorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
