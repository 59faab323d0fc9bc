/** Exceptions of the gate `vulnerabilities`: what they let through, and until when. */
import type { PolicyDocument } from '../document.ts';
import { endInstant, hasEnded } from '../instant.ts';
import type { RuleOf } from './gate-context.ts';

export type FindingException = RuleOf<'vulnerabilities'>['exceptions'][number];

/** What an exception names to let through what the matcher could not decide. */
export const UNDECIDED = 'undecided';

/** Whether a purl of the policy names `purl`: as it is, without qualifiers, or without its version. */
function namesPurl(wanted: string, purl: string): boolean {
  const plain = purl.replace(/[?#].*$/, '');
  return wanted === purl || wanted === plain || wanted === plain.replace(/@[^/@]*$/, '');
}

/** Whether it is about a vulnerability of these names, in this component. */
export function isExcepted({ advisory, purl }: FindingException, names: readonly string[], component: string): boolean {
  return names.includes(advisory) && (purl === undefined || namesPurl(purl, component));
}

/** The one that lets it through at `now` (RFC 3339), else the first that did before. */
export function findException(
  exceptions: readonly FindingException[],
  names: readonly string[],
  purl: string,
  now: string,
): { readonly state: 'open' | 'expired'; readonly exception: FindingException } | undefined {
  const matching = exceptions.filter((exception) => isExcepted(exception, names, purl));
  const open = matching.find(({ expires }) => !hasEnded(expires, now));
  if (open !== undefined) return { state: 'open', exception: open };
  return matching[0] === undefined ? undefined : { state: 'expired', exception: matching[0] };
}

export interface PlacedException extends FindingException {
  readonly environment: string;
}

/** Every exception of a policy, with its environment. */
export function exceptionsOf({ environments }: Pick<PolicyDocument, 'environments'>): PlacedException[] {
  return environments.flatMap(({ name: environment, gates }) =>
    gates.flatMap((rule) =>
      rule.gate === 'vulnerabilities' ? rule.exceptions.map((exception) => ({ ...exception, environment })) : [],
    ),
  );
}

/** RFC 3339: when the first of those that have not ended at `now` does; undefined where none does. */
export function firstEnd(exceptions: readonly FindingException[], now: string): string | undefined {
  return exceptions
    .filter(({ expires }) => !hasEnded(expires, now))
    .map(({ expires }) => endInstant(expires))
    .filter((end) => end !== undefined)
    .sort()[0];
}
