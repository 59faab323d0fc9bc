/** Domain errors as Temporal failures, matched by `type`. What another try can not change is not tried again. */
import { ApplicationFailure } from '@temporalio/common';

/** Codes after which the same call gives the same answer. */
const PERMANENT: ReadonlySet<string> = new Set([
  'REGISTRY_BAD_MANIFEST',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_TOO_LARGE',
  'REPOSITORY_NOT_TAKEN_IN',
  'KEPT_STATEMENT_FORGED',
  'KEY_NOT_FOR_THIS',
  'ROTATION_UNKNOWN',
  'KEY_NOT_NEW',
  'KEY_UNSUPPORTED',
  'PROMOTION_UNKNOWN',
  'POLICY_SCHEMA',
  'POLICY_SYNTAX',
  'COMMIT_MISSING',
  'COMMIT_UNSIGNED',
  'COMMIT_SIGNATURE_UNTRUSTED',
  'SOURCE_TRANSPORT_REFUSED',
  'RECIPE_MISSING',
  'RECIPE_INVALID',
  'RECIPE_FAILED',
  'RECIPE_TIMEOUT',
  'RECIPE_OVER_LIMIT',
  'OUTPUT_INVALID',
  'BUILD_PLACE',
  'SIGNER_REFUSED',
]);

/** Temporal keeps failures in histories: the message is bounded, and no cause travels along. */
const MESSAGE_CHARACTERS = 2000;

function toFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || !(error instanceof Error)) return error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  if (typeof code !== 'string') return error;
  return ApplicationFailure.create({
    message: error.message.slice(0, MESSAGE_CHARACTERS),
    type: code,
    nonRetryable: PERMANENT.has(code),
    ...(code === 'SIGNING_DEFERRED' ? { details: [details] } : {}),
  });
}

/** Every activity of a group, with its errors translated. */
export function withFailures<T extends object>(activities: T): T {
  const entries = Object.entries(activities as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, act]) => [
      name,
      async (...args: unknown[]) => {
        try {
          return await act(...args);
        } catch (error) {
          throw toFailure(error);
        }
      },
    ],
  );
  return Object.fromEntries(entries) as T;
}
