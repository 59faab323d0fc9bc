/** What a decision must be before it is recorded. */
import { AffectedError } from '../../affected/affected-error.ts';
import { parseQuestion } from '../../affected/question.ts';
import { isDigest } from '../../artifact/digest.ts';
import { findEnvironment } from '../../policy/environments.ts';
import { endInstant, printSeconds } from '../../policy/instant.ts';
import type { Policy } from '../../policy/policy.ts';
import { parseComponentTest } from './component-test.ts';
import { type DecisionScope, justifications } from './decision.ts';
import type { NewDecision } from './decision-book.ts';
import { DecisionError } from './decision-error.ts';

/** When and under what it is made. */
interface CheckContext {
  readonly policy: Policy;
  readonly now: Date;
}

const invalid = (message: string, cause?: unknown) => new DecisionError('DECISION_INVALID', message, { cause });

/** The advisory's name as advisories spell it, and its end as an instant. Throws a DecisionError. */
export function checkDecision(
  { advisory, state, justification, reason, scope, expires }: NewDecision,
  context: CheckContext,
): { readonly advisory: string; readonly expires: string | undefined } {
  if (reason.trim() === '') throw invalid('reason: say why');
  if (state === 'not_affected' && !justifications.some((known) => known === justification))
    throw invalid(`justification: "not_affected" needs one of ${justifications.join(', ')}`);
  if (state !== 'not_affected' && justification !== undefined)
    throw invalid(`justification: only "not_affected" has one, not "${state}"`);
  if (scope.component === undefined && scope.artifact === undefined)
    throw invalid('scope: name the component, the artifact, or both: a decision about everything is none');
  checkScope(scope, context.policy);
  const until = expires === undefined ? undefined : readEnd(expires, context.now);
  if (state === 'accepted_risk') checkBound(until, context);
  return { advisory: readAdvisory(advisory), expires: until };
}

function readAdvisory(text: string): string {
  try {
    const question = parseQuestion(text);
    if (question.about === 'advisory') return question.id;
  } catch {
    // Said below.
  }
  throw invalid('advisory: expected the name of one, such as CVE-2021-23337 or GHSA-35jh-r3h4-6jhm');
}

/** Throws a DecisionError where the scope names what can not be, or an environment the policy does not have. */
export function checkScope({ component, artifact, environment }: DecisionScope, policy: Policy): void {
  if (component !== undefined && !isComponent(component))
    throw invalid(
      'component: expected a package URL with or without a version or range (pkg:npm/lodash@<4.17.21), or the name of a package',
    );
  if (artifact !== undefined && !isDigest(artifact) && !/^[a-z0-9*][a-z0-9*._/-]{0,254}$/.test(artifact))
    throw invalid('artifact: expected a digest (sha256:…), or a pattern of repositories such as shop/**');
  if (environment !== undefined && findEnvironment(policy, environment) === undefined)
    throw invalid(
      `environment: the policy has no "${environment}"; it has ${policy.document.environments.map(({ name }) => name).join(', ')}`,
    );
}

function isComponent(text: string): boolean {
  try {
    return parseComponentTest(text) !== undefined;
  } catch (error) {
    if (error instanceof AffectedError) return false;
    throw error;
  }
}

/** A day lasts to its end in UTC. Throws a DecisionError. */
export function readEnd(text: string, now: Date): string {
  const instant = endInstant(text);
  if (instant === undefined)
    throw invalid('expires: expected a day of the calendar (2026-12-31) or an instant (RFC 3339)');
  if (Date.parse(instant) <= now.getTime()) throw invalid('expires: that is over already');
  return instant;
}

function checkBound(until: string | undefined, { policy, now }: CheckContext): void {
  const seconds = policy.document.findingDecisions.acceptedRisk;
  const bound = `the policy lets a risk be accepted for ${printSeconds(seconds)} at most (findingDecisions.acceptedRisk)`;
  if (until === undefined) throw invalid(`expires: an accepted risk needs an end; ${bound}`);
  if (Date.parse(until) > now.getTime() + seconds * 1000)
    throw invalid(`expires: ${bound}: until ${new Date(now.getTime() + seconds * 1000).toISOString()}`);
}
