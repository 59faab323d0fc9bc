/** What people decided about an artifact, and who may not decide about it. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ApprovalRule } from '../../domain/policy/document.ts';
import { type ApprovalResult, evaluateApprovals } from '../../domain/policy/evaluate-approvals.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import type { Executor } from './database.ts';
import type { PromotionRow } from './promotion-row.ts';

/** Those that stand, in the order they were given. */
export async function approvalsFor(
  executor: Executor,
  key: Pick<PromotionKey, 'environment' | 'repository' | 'digest'>,
): Promise<Approval[]> {
  const rows = await executor
    .selectFrom('approval')
    .selectAll()
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('voided_by', 'is', null)
    .orderBy('at')
    .orderBy('principal')
    .execute();
  return rows.map((row) => ({
    principal: row.principal,
    groups: row.groups,
    verb: row.verb,
    reason: row.reason,
    decisionDigest: row.decision_digest,
    at: row.at.toISOString(),
  }));
}

/** What was approved before an incident says nothing about the artifact after it: who let it out did not decide for them. */
export async function voidApprovals(executor: Executor, digests: readonly Digest[], incident: string): Promise<void> {
  await sql`
    update approval set voided_by = ${incident} where digest = any(${digests}::text[]) and voided_by is null`.execute(
    executor,
  );
}

/**
 * The principals behind the source commit, from verified facts; undefined where one of them could not be mapped:
 * an unmapped committer is unknown, not somebody else. A commit signer named like a principal is that principal.
 */
export async function committersOf(executor: Executor, digest: Digest): Promise<readonly string[] | undefined> {
  const result = await sql<{ value: string; subject: string | null }>`
    select f.value, coalesce(a.subject, p.subject) as subject from artifact_fact f
    left join principal_alias a on a.value = f.value and a.kind in ('commit-signer', 'email')
    left join principal p on p.subject = f.value
    where f.digest = ${digest} and f.kind = 'committer'`.execute(executor);
  if (result.rows.length === 0 || result.rows.some((row) => row.subject === null)) return undefined;
  return [...new Set(result.rows.map((row) => row.subject as string))];
}

/** Asked again after a rejection, everybody decides again; asked again for another reason, what was approved stands. */
function sinceRejection(approvals: readonly Approval[], requestedAt: Date): readonly Approval[] {
  const isEarlier = ({ at }: Approval) => Date.parse(at) < requestedAt.getTime();
  const wasRejected = approvals.some((approval) => approval.verb === 'reject' && isEarlier(approval));
  return wasRejected ? approvals.filter((approval) => !isEarlier(approval)) : approvals;
}

/** Where the approvals of one decision stand. `candidate`, where given, is looked at alone: would it count? */
export async function weighApprovals(
  executor: Executor,
  rule: ApprovalRule,
  key: PromotionKey,
  row: Pick<PromotionRow, 'requested_by' | 'requested_at'>,
  decision: { readonly digest: string; readonly now: Date; readonly candidate?: Approval },
): Promise<ApprovalResult> {
  const { digest, now, candidate } = decision;
  const approvals = candidate === undefined ? await approvalsFor(executor, key) : [candidate];
  return evaluateApprovals(candidate === undefined ? rule : { ...rule, required: 1 }, {
    decisionDigest: digest,
    approvals: sinceRejection(approvals, row.requested_at),
    committers: await committersOf(executor, key.digest),
    builders: [],
    ...(row.requested_by === 'system' ? {} : { requestedBy: row.requested_by }),
    requestedAt: row.requested_at.toISOString(),
    now: now.toISOString(),
  });
}
