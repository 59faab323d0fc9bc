/** What can be wrong with a feed or an index; the message names the file and what to do next. */
export class AdvisoryError extends Error {
  override readonly name = 'AdvisoryError';
  readonly code: 'FEED_NOT_FOUND' | 'FEED_UNREADABLE' | 'FEED_TOO_LARGE' | 'DATABASE_UNREADABLE';

  constructor(code: AdvisoryError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
