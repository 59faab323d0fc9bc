import type { Digest } from '../artifact/digest.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** One person's approval that counted when an artifact entered an environment. */
export interface ApprovalRecord {
  readonly digest: Digest;
  readonly environment: string;
  readonly principal: string;
  readonly groups: readonly string[];
  readonly reason: string;
  /** What was approved: artifact, environment, policy, gate outcomes, findings. */
  readonly decisionDigest: string;
  /** RFC 3339 */
  readonly at: string;
}

/**
 * An approval as evidence, signed by the installation that took it (docs/trust.md): it says that this person was asked about this
 * decision and agreed; the approver's own proof is not in it.
 */
export function createApprovalStatement({ digest, ...approval }: ApprovalRecord): Statement {
  return createStatement(digest, predicateTypes.approval, approval);
}
