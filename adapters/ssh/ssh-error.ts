export type SshErrorCode =
  | 'SSH_KEY_UNREADABLE'
  | 'SSH_KEY_UNSUPPORTED'
  | 'SSH_SIGNATURE_UNREADABLE'
  | 'SSH_SIGNATURE_NAMESPACE'
  | 'SSH_SIGNATURE_WRONG';

/** Why a key or a signature of SSH is not taken; never its bytes. */
export class SshError extends Error {
  override readonly name = 'SshError';
  readonly code: SshErrorCode;
  constructor(code: SshErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
