/** A VEX document that can not be read; the message names the field, not its content. */
export class VexError extends Error {
  override readonly name = 'VexError';
  readonly code: 'VEX_NOT_JSON' | 'VEX_UNKNOWN_FORMAT' | 'VEX_INVALID';

  constructor(code: VexError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
