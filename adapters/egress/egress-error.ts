export type EgressErrorCode =
  | 'EGRESS_HOST_NOT_ALLOWED' // not configured, or an address that must not be reached
  | 'EGRESS_PLAIN_HTTP_REFUSED'
  | 'EGRESS_TOO_MANY_REDIRECTS'
  | 'EGRESS_TIMEOUT'
  | 'EGRESS_TOO_LARGE'
  | 'EGRESS_UNREACHABLE';

/** A call that did not leave, or did not come back. The message names the host, never a credential or a query. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: EgressErrorCode;

  constructor(code: EgressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
