/** What can go wrong with the local stack; the command line shows `code`, `message` and `hint`. */
export type StackErrorCode =
  | 'PLATFORM_UNSUPPORTED'
  | 'TOOL_MISSING'
  | 'FETCH_FAILED'
  | 'CHECKSUM_MISMATCH'
  | 'START_FAILED'
  | 'BUSY'
  | 'RECORD_UNREADABLE'
  | 'NOT_RUNNING'
  | 'INTERRUPTED';

/** `message` says what is wrong and where; `hint` says what to do next. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly code: StackErrorCode;
  readonly hint: string | undefined;

  constructor(code: StackErrorCode, message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
