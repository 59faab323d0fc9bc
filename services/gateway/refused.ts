import { ApiError } from './api-error.ts';

/** What a desk refuses, as the API says it. */
export function refused(reason: string): ApiError {
  return new ApiError(409, 'REFUSED', reason);
}
