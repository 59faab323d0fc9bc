export type KeyErrorCode =
  | 'KEY_MISSING'
  | 'KEY_EXISTS'
  | 'KEY_MALFORMED'
  | 'KEY_UNSUPPORTED' // a format or algorithm we do not sign with
  | 'KEY_PASSPHRASE_MISSING'
  | 'KEY_PASSPHRASE_WRONG' // or the file was changed: authenticated encryption cannot tell
  | 'KEY_MISMATCH' // private and public file are not one pair, or another key is where ours was
  | 'KEY_STORE_UNAVAILABLE' // what holds the key did not answer, or its client is not installed: try again
  | 'KEY_STORE_DENIED'; // what holds the key refused: credentials, PIN, or not allowed to sign

/** Thrown for keys that cannot be made, read or used. The message names the file, never its content. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
