export type EgressErrorCode =
  | 'EGRESS_HOST_NOT_ALLOWED' // not configured, or an address that must not be reached
  | 'EGRESS_PLAIN_HTTP_REFUSED'
  | 'EGRESS_REDIRECT_REFUSED' // too many, without a target, or from https to http
  | 'EGRESS_TIMEOUT'
  | 'EGRESS_TOO_LARGE'
  | 'EGRESS_UNREACHABLE'; // name, connection, TLS, or a body that broke off: try again

/** A call that did not leave, or did not come back whole. The message names the address without its query, never a header. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: EgressErrorCode;

  constructor(code: EgressErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** What the HTTP client threw, as ours; an aborted call as the signal's reason. `place` is an address without its query. */
export function toEgressError(error: unknown, place: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof EgressError) return cause;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.endsWith('_TIMEOUT'))
    return new EgressError('EGRESS_TIMEOUT', `${place} did not answer in time`, { cause: error });
  const why = code || (error instanceof Error ? error.message : 'no reason given');
  return new EgressError('EGRESS_UNREACHABLE', `${place} can not be reached, or broke off (${why})`, { cause: error });
}
