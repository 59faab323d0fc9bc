/** A report of a scanner that can not be read, or not be taken; the message names the field, not its content. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  readonly code:
    | 'REPORT_NOT_JSON'
    | 'REPORT_UNKNOWN_FORMAT'
    | 'REPORT_INVALID'
    | 'REPORT_OTHER_ARTIFACT'
    | 'REPORT_TOO_MANY'
    | 'REPORT_WITHDRAWN'
    | 'REPORT_UNKNOWN';

  constructor(code: ReportError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
