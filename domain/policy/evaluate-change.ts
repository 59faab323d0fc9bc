import type { WeighedChangeRule } from './approval-rule.ts';
import { type ApprovalResult, evaluateApprovals } from './evaluate-approvals.ts';
import type { Approval } from './gate.ts';

export interface ChangeQuestion {
  /** Of the proposed file: what everybody approves. */
  readonly digest: string;
  /** The principal who proposed it. */
  readonly author: string;
  readonly approvals: readonly Approval[];
  /** RFC 3339 */
  readonly proposedAt: string;
  /** RFC 3339 */
  readonly now: string;
}

/** Whether people have let a policy take the place of the one in force, by the rule of the one in force: its author never counts. */
export function evaluateChange(rule: WeighedChangeRule, question: ChangeQuestion): ApprovalResult {
  const { digest, author, approvals, proposedAt, now } = question;
  return evaluateApprovals(
    { ...rule, notCommitter: false, remindAfter: rule.expiresAfter },
    {
      decisionDigest: digest,
      approvals,
      committers: undefined,
      builders: [],
      requestedBy: author,
      requestedAt: proposedAt,
      now,
    },
  );
}
