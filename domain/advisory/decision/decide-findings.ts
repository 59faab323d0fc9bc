/**
 * Which decision holds for each finding. Of those that cover it and hold at the time: a person's before a document's, then the
 * newer before the older. What has expired, was revoked, or is about something else hides nothing.
 */
import { matchesPattern } from '../../policy/repository-pattern.ts';
import { type Finding, namesOf } from '../finding.ts';
import { productTest } from '../vex/apply-vex.ts';
import { type ComponentTest, parseComponentTest } from './component-test.ts';
import { type DecisionRules, endOf, type FindingDecision, suppresses } from './decision.ts';

/** Where findings are. */
export interface DecisionPlace {
  readonly repository: string;
  /** Of the artifact, and of the platform the findings are of. */
  readonly digests: readonly string[];
}

/** The same, and when it is asked. */
export interface DecisionContext extends DecisionPlace {
  /** Undefined: decisions for one environment alone do not count. */
  readonly environment: string | undefined;
  /** RFC 3339 */
  readonly now: string;
  readonly rules: DecisionRules;
  /** Set where nobody decides about what they committed: who did; `unknown` where nobody can tell. */
  readonly committers?: readonly string[] | 'unknown';
}

/** Whether it can hold at all in this place, at this time; which findings it covers is another question. */
function isInForce(decision: FindingDecision, context: DecisionContext): boolean {
  const { scope, revoked, madeBy } = decision;
  const { environment, now, rules, committers } = context;
  if (revoked !== undefined) return false;
  const end = endOf(decision, rules);
  // Negated, so that an end that can not be read is over.
  if (end !== undefined && !(Date.parse(end) > Date.parse(now))) return false;
  if (scope.environment !== undefined && scope.environment !== environment) return false;
  if (committers !== undefined && (committers === 'unknown' || committers.includes(madeBy))) return false;
  return isHere(decision, context);
}

function isHere({ scope: { artifact } }: FindingDecision, { repository, digests }: DecisionPlace): boolean {
  if (artifact === undefined) return true;
  return artifact.startsWith('sha256:') ? digests.includes(artifact) : matchesPattern(artifact, repository);
}

/** Whether it is about findings in this place, and which of them by their component, whatever the time and the environment. */
export function scopeTest(decision: FindingDecision, place: DecisionPlace): ComponentTest {
  return isHere(decision, place) ? componentsOf(decision, place) : () => false;
}

/** Components it is about, in this place. A scope that can not be read covers nothing. */
function componentsOf({ scope }: FindingDecision, { digests }: DecisionPlace): ComponentTest {
  const { component, products } = scope;
  const isNamed = component === undefined ? () => true : readTest(component);
  if (products === undefined) return isNamed;
  // By its digest alone: a vendor's product may well be called like a repository here.
  const tests = products.flatMap((product) => digests.map((digest) => productTest(product, { digest })));
  return (found) => isNamed(found) && tests.some((isMeant) => isMeant(found.purl));
}

function readTest(component: string): ComponentTest {
  try {
    return parseComponentTest(component) ?? (() => false);
  } catch {
    return () => false;
  }
}

/** RFC 3339; a document that says it is from a time to come is from when it was brought. */
function timeOf({ madeAt, document }: FindingDecision): string {
  const said = document?.at;
  return said !== undefined && Date.parse(said) < Date.parse(madeAt) ? new Date(said).toISOString() : madeAt;
}

/** The one that counts first. */
function byWeight(a: FindingDecision, b: FindingDecision): number {
  const isDocument = (decision: FindingDecision) => (decision.document === undefined ? 0 : 1);
  if (isDocument(a) !== isDocument(b)) return isDocument(a) - isDocument(b);
  const [older, newer] = [timeOf(a), timeOf(b)];
  if (older !== newer) return older > newer ? -1 : 1;
  // One document may speak of each release of a product, which findings do not tell apart: what hides nothing holds.
  if (suppresses(a) !== suppresses(b)) return suppresses(a) ? 1 : -1;
  return a.madeAt === b.madeAt ? (a.id < b.id ? -1 : 1) : a.madeAt > b.madeAt ? -1 : 1;
}

/** What it makes of a finding. */
function asStated(finding: Finding, decision: FindingDecision, rules: DecisionRules): Finding {
  const { id, state, justification, reason, owner, madeBy, madeAt, document } = decision;
  const until = endOf(decision, rules);
  const reference = { id, by: madeBy, owner, ...(until === undefined ? {} : { until }) };
  if (state === 'accepted_risk')
    return { ...finding, ignored: { reason, expires: until ?? madeAt }, decision: reference };
  const vex = {
    status: state,
    ...(justification === undefined ? {} : { justification }),
    statement: reason,
    author: document?.author ?? madeBy,
    at: document?.at ?? madeAt,
    source: document === undefined ? `decision ${id}` : `document ${document.digest}`,
  };
  return { ...finding, vex, decision: reference };
}

/** Findings with the decision that holds for each; the others as they are. */
export function decideFindings(
  findings: readonly Finding[],
  decisions: readonly FindingDecision[],
  context: DecisionContext,
): Finding[] {
  const inForce = decisions.filter((decision) => isInForce(decision, context)).sort(byWeight);
  if (inForce.length === 0) return [...findings];
  const byName = new Map<string, { decision: FindingDecision; covers: ComponentTest; rank: number }[]>();
  for (const [rank, decision] of inForce.entries()) {
    const prepared = { decision, covers: componentsOf(decision, context), rank };
    for (const name of decision.advisories) byName.set(name, [...(byName.get(name) ?? []), prepared]);
  }
  return findings.map((finding) => {
    const [first] = namesOf(finding)
      .flatMap((name) => byName.get(name) ?? [])
      .filter(({ covers }) => covers(finding))
      .sort((a, b) => a.rank - b.rank);
    return first === undefined ? finding : asStated(finding, first.decision, context.rules);
  });
}
