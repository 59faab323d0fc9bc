export type OpenpgpErrorCode =
  | 'OPENPGP_KEYRING_UNREADABLE'
  | 'OPENPGP_KEYRING_EMPTY'
  | 'OPENPGP_KEY_UNREADABLE'
  | 'OPENPGP_KEY_UNUSABLE' // it has ended, was revoked, or may not sign
  | 'OPENPGP_PASSPHRASE_MISSING'
  | 'OPENPGP_PASSPHRASE_WRONG';

/** Thrown for keys of ours or of the user: never for what is wrong with a signature. The message names the file, never its content. */
export class OpenpgpError extends Error {
  override readonly name = 'OpenpgpError';
  readonly code: OpenpgpErrorCode;

  constructor(code: OpenpgpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
