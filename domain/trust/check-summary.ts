/** What a verification summary must say before anybody acts on it (slsa.dev/spec/v1.1/verification_summary, "How to verify"). */
import { z } from 'zod';
import { isSameRegistry } from '../artifact/reference.ts';
import { predicateTypes, type Statement } from './statement.ts';

const summarySchema = z.object({
  verifier: z.object({ id: z.string().max(4096) }),
  timeVerified: z.iso.datetime({ offset: true }),
  resourceUri: z.string().max(4096),
  verificationResult: z.enum(['PASSED', 'FAILED']),
});

export interface SummaryQuestion {
  /** Where it is used: `<registry>/<repository>` of the environment; a registry of this machine by any of its names. */
  readonly resourceUri: string;
  /** Whose summaries count; undefined where the key alone says it. */
  readonly verifier?: string | undefined;
  /** Seconds; undefined where any age will do. */
  readonly maximumAge?: number | undefined;
  /** RFC 3339 */
  readonly now: string;
}

export type SummaryProblem =
  | 'SUMMARY_MALFORMED'
  | 'SUMMARY_FAILED'
  | 'SUMMARY_OTHER_RESOURCE'
  | 'SUMMARY_OTHER_VERIFIER'
  | 'SUMMARY_TOO_OLD'
  | 'SUMMARY_FROM_THE_FUTURE';

/** Clocks of honest machines differ by less. */
const SKEW_SECONDS = 300;

/** Undefined where it passes. The signature and the subject are the bundle verifier's, before this. */
export function checkSummary(
  statement: Statement,
  question: SummaryQuestion,
): { readonly code: SummaryProblem; readonly reason: string } | undefined {
  const parsed = summarySchema.safeParse(statement.predicate);
  if (statement.predicateType !== predicateTypes.vsa || !parsed.success)
    return { code: 'SUMMARY_MALFORMED', reason: 'not a verification summary as its specification has it' };
  const { verifier, timeVerified, resourceUri, verificationResult } = parsed.data;
  if (!isSameResource(resourceUri, question.resourceUri))
    return { code: 'SUMMARY_OTHER_RESOURCE', reason: `it is about ${resourceUri}, not ${question.resourceUri}` };
  if (question.verifier !== undefined && verifier.id !== question.verifier)
    return { code: 'SUMMARY_OTHER_VERIFIER', reason: `${verifier.id} made it, not ${question.verifier}` };
  const age = (Date.parse(question.now) - Date.parse(timeVerified)) / 1000;
  if (age < -SKEW_SECONDS)
    return {
      code: 'SUMMARY_FROM_THE_FUTURE',
      reason: `it says ${timeVerified}, which is still to come: check the clocks`,
    };
  if (question.maximumAge !== undefined && age > question.maximumAge)
    return { code: 'SUMMARY_TOO_OLD', reason: `it is of ${timeVerified}, older than ${question.maximumAge} seconds` };
  if (verificationResult !== 'PASSED')
    return { code: 'SUMMARY_FAILED', reason: 'it says that the artifact did not pass' };
  return undefined;
}

/** `<registry>/<repository>`, or any other URI, which has to be the same. */
function isSameResource(one: string, other: string): boolean {
  const [host, otherHost] = [one, other].map((uri) => uri.split('/', 1)[0] ?? '') as [string, string];
  return isSameRegistry(host, otherHost) && one.slice(host.length) === other.slice(otherHost.length);
}
