import { plural } from '../plural.ts';
import type { WeighedRule } from './approval-rule.ts';
import type { Approval, GateOutcome } from './gate.ts';
import { gateOutcome } from './gates/gate-context.ts';

export interface ApprovalQuestion {
  /** The decision that is to be approved, as the newest verdict has it. */
  readonly decisionDigest: string;
  readonly approvals: readonly Approval[];
  /** Principals of the source commit; undefined where nobody could be mapped. */
  readonly committers: readonly string[] | undefined;
  /** Principals who started or ran the build. */
  readonly builders: readonly string[];
  /** The principal who asked for the promotion, where a person did. */
  readonly requestedBy?: string;
  /** RFC 3339 */
  readonly requestedAt: string;
  /** RFC 3339, where that is later: since when people are waited for. Before, a request has other things to wait for, and does not expire. */
  readonly askedAt?: string;
  /** RFC 3339, where it was rejected before: when it was first asked for again. */
  readonly anewSince?: string;
  /** RFC 3339 */
  readonly now: string;
}

export interface ApprovalResult {
  readonly state: 'satisfied' | 'waiting' | 'rejected' | 'expired';
  /** For people: what is missing, or who ended it and why. */
  readonly reason: string;
  /** Principals whose approval counts, in the order they came. */
  readonly counted: readonly string[];
  /** Where those approvals stand in the question's, from 0. */
  readonly positions: readonly number[];
  /** `why` goes on where the principal's name ends: `asked for it: somebody else must approve`. */
  readonly refused: readonly { readonly principal: string; readonly why: string }[];
  /** `approvals`, as one more gate: pass, fail (rejected, expired) or unknown (waiting). */
  readonly gate: GateOutcome;
}

const inGroups = (rule: WeighedRule, { groups }: Approval) =>
  rule.groups.length === 0 || rule.groups.some((group) => groups.includes(group));

type Given = Pick<Approval, 'verb' | 'at' | 'proof'>;

/**
 * When it was given: by the approver's own clock where they proved it, as that is what the trust worker can verify; else, and for
 * a rejection, whose clock must not take it back, when it came.
 */
const givenAt = ({ verb, at, proof }: Given): number => Date.parse(verb === 'approve' ? (proof?.at ?? at) : at);

/** Milliseconds: until when a request that people are asked about waits for them. */
const deadlineOf = ({ expiresAfter }: WeighedRule, { requestedAt, askedAt = requestedAt }: ApprovalQuestion): number =>
  Date.parse(askedAt) + expiresAfter * 1000;

/** Asked again after a rejection, everybody decides again; asked again for another reason, what was approved stands. */
const isOfBefore = ({ anewSince }: Pick<ApprovalQuestion, 'anewSince'>, approval: Given): boolean =>
  anewSince !== undefined && givenAt(approval) < Date.parse(anewSince);

/** It ended the promotion it was about: this one was asked for after it. */
const hasEndedAnother = ({ requestedAt }: Pick<ApprovalQuestion, 'requestedAt'>, approval: Given): boolean =>
  approval.verb === 'reject' && givenAt(approval) < Date.parse(requestedAt);

/** Why what was said is no answer to this question, whoever may answer it. */
export type PastCause = 'ended-another' | 'asked-anew' | 'other-decision';

/** Undefined where it answers the question: the same whether it is counted, or shown afterwards. */
export function pastCause(
  question: Pick<ApprovalQuestion, 'decisionDigest' | 'requestedAt' | 'anewSince'>,
  approval: Given & Pick<Approval, 'decisionDigest'>,
): PastCause | undefined {
  if (hasEndedAnother(question, approval)) return 'ended-another';
  if (isOfBefore(question, approval)) return 'asked-anew';
  return approval.decisionDigest === question.decisionDigest ? undefined : 'other-decision';
}

/** Why an approval or a rejection does not count, whoever gave it; undefined where it does. `past`: it is no answer to the question. */
function staleness(
  rule: WeighedRule,
  question: ApprovalQuestion,
  approval: Approval,
  past: Exclude<PastCause, 'ended-another'> | undefined,
): string | undefined {
  if (past === 'asked-anew')
    return `decided at ${new Date(givenAt(approval)).toISOString()}, by their clock, and it was rejected and asked for again at ${question.anewSince}: decide again`;
  if (past === 'other-decision') return 'decided about other gate results or findings: look again, and decide again';
  if (!inGroups(rule, approval)) return `is in none of the groups ${rule.groups.join(', ')}`;
  const given = givenAt(approval);
  const life = rule.expiresAfter * 1000;
  // Negated, so that a time that cannot be read refuses.
  if (!(given < deadlineOf(rule, question))) return 'came after the request had expired';
  if (!(Date.parse(question.now) < given + life)) return 'was given too long ago: approve again';
  // A rejection stops, and needs no more than a token.
  if (rule.proof === 'required' && approval.verb === 'approve' && approval.proof === undefined)
    return 'brought no proof of their own: approve again with --ssh-key FILE';
  return undefined;
}

function ineligibility(rule: WeighedRule, question: ApprovalQuestion, { principal }: Approval): string | undefined {
  if (question.builders.includes(principal)) return 'built or pushed the artifact: somebody else must approve';
  if (question.requestedBy === principal) return 'asked for it: somebody else must approve';
  if (!rule.notCommitter) return undefined;
  if (question.committers === undefined)
    return 'can not be told apart from the committer of the source, who is not known: bring provenance that names the commit, and map its author to a principal; or set notCommitter: false';
  return question.committers.includes(principal) ? 'committed the source: somebody else must approve' : undefined;
}

function sift(rule: WeighedRule, question: ApprovalQuestion) {
  const counted: string[] = [];
  const positions: number[] = [];
  const refused: { principal: string; why: string }[] = [];
  let rejection: Approval | undefined;
  for (const [position, approval] of question.approvals.entries()) {
    const { principal } = approval;
    const past = pastCause(question, approval);
    if (past === 'ended-another') continue;
    const stale = staleness(rule, question, approval, past);
    if (stale !== undefined) refused.push({ principal, why: stale });
    else if (approval.verb === 'reject') rejection ??= approval;
    else {
      const why = ineligibility(rule, question, approval);
      if (why !== undefined) refused.push({ principal, why });
      else if (counted.includes(principal))
        refused.push({ principal, why: 'has approved already: one person counts once' });
      else {
        counted.push(principal);
        positions.push(position);
      }
    }
  }
  return { counted, positions, refused, rejection };
}

function waitingReason(rule: WeighedRule, question: ApprovalQuestion, counted: readonly string[]): string {
  const missing = rule.required - counted.length;
  const from = rule.groups.length === 0 ? '' : ` from ${rule.groups.join(' or ')}`;
  if (rule.notCommitter && question.committers === undefined)
    return `waits for ${plural(missing, 'more approval')}${from}, which cannot count: the committer of the source is not known. Bring provenance that names the commit, and map its author to a principal; or set notCommitter: false`;
  return `waits for ${plural(missing, 'more approval')}${from} (${counted.length} of ${rule.required} given)`;
}

/**
 * Whether people have let one decision through. Counted: distinct principals of the rule's groups who approved exactly
 * this decision, in time, and neither built, committed nor asked for it. One rejection ends it, the committer's own too.
 */
export function evaluateApprovals(rule: WeighedRule, question: ApprovalQuestion): ApprovalResult {
  const { counted, positions, refused, rejection } = sift(rule, question);
  const details = refused.map(({ principal, why }) => `${principal}: ${why}`);
  const result = (state: ApprovalResult['state'], verdict: GateOutcome['verdict'], reason: string): ApprovalResult => ({
    state,
    reason,
    counted,
    positions,
    refused,
    gate: gateOutcome('approvals', verdict, reason, { details }),
  });
  if (rejection !== undefined)
    return result('rejected', 'fail', `rejected by ${rejection.principal}: ${rejection.reason}`);
  if (counted.length >= rule.required) return result('satisfied', 'pass', `approved by ${counted.join(', ')}`);
  if (!(Date.parse(question.now) < deadlineOf(rule, question)))
    return result('expired', 'fail', `expired with ${counted.length} of ${rule.required} approvals: ask again`);
  return result('waiting', 'unknown', waitingReason(rule, question, counted));
}
