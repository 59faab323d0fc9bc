export type KeylessErrorCode =
  | 'SIGNING_CONFIG_INVALID'
  | 'TOKEN_MISSING' // nobody said who signs
  | 'TOKEN_INVALID'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_AUDIENCE' // it is meant for somebody else than Sigstore
  | 'TOKEN_UNAVAILABLE' // who gives tokens did not answer
  | 'CA_UNAVAILABLE'
  | 'CA_REFUSED'
  | 'LOG_UNAVAILABLE'
  | 'LOG_REFUSED'
  | 'TIMESTAMP_UNAVAILABLE'
  | 'TIMESTAMP_REFUSED'
  | 'IDENTITY_UNEXPECTED' // the certificate names somebody else than was configured
  | 'BUNDLE_UNVERIFIED'; // all answered, and what they answered does not verify under the trusted root

/** Thrown where nothing was signed, or what was signed is not witnessed. `*_UNAVAILABLE` may pass: try again. Never holds a token. */
export class KeylessError extends Error {
  override readonly name = 'KeylessError';
  readonly code: KeylessErrorCode;

  constructor(code: KeylessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
