/** What the API answers when it does not do what was asked. */
import { z } from 'zod';

/** Stable: clients switch on these. Errors of the domain bring their own codes with them. */
export type ApiErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'INVALID_REQUEST'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOO_LARGE'
  | 'REFUSED'
  | 'DECISION_CHANGED'
  | 'PROOF_REQUIRED'
  | 'POLICY_UNSIGNED'
  | 'CONFLICT'
  | 'REQUEST_TIMEOUT'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'NOT_WIRED'
  | 'INTERNAL';

export interface ApiErrorDetail {
  /** What to do next. */
  readonly hint?: string;
  /** Where in the request: `$.events[0].target.digest`, `query.limit`. */
  readonly place?: string;
  readonly retryAfterSeconds?: number;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly detail: ApiErrorDetail;
  constructor(status: number, code: ApiErrorCode, message: string, detail: ApiErrorDetail = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    place: z.string().optional(),
  }),
});
