/** What people decided about an artifact, and who may not decide about it. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { WeighedRule } from '../../domain/policy/approval-rule.ts';
import { type ApprovalResult, evaluateApprovals } from '../../domain/policy/evaluate-approvals.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import type { Executor } from './database.ts';
import { withInside } from './nesting.ts';
import { principalsOf } from './principals.ts';
import { announcePromotion, lockPromotion, type PromotionRow } from './promotion-row.ts';
import type { Schema } from './schema.ts';

/** Before the subject of the token, in the source of an event that came to the gateway. */
const SOURCES = '/sources/';

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
    .where('void_reason', 'is', null)
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
    ...(row.proof === null ? {} : { proof: row.proof }),
  }));
}

/** What was approved before an incident says nothing about the artifact after it: who let it out did not decide for them. */
export async function voidApprovals(executor: Executor, digests: readonly Digest[], incident: string): Promise<void> {
  await sql`
    update approval set voided_by = ${incident} where digest = any(${digests}::text[]) and voided_by is null`.execute(
    executor,
  );
}

/** One that turned out to be nobody's: whoever gave it can give it again, which puts it in force anew. */
export async function voidApproval(
  trx: Transaction<Schema>,
  key: PromotionKey,
  { principal, decisionDigest, at }: Approval,
  reason: string,
): Promise<void> {
  const row = await lockPromotion(trx, key);
  await trx
    .updateTable('approval')
    .set({ void_reason: reason })
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('decision_digest', '=', decisionDigest)
    .where('principal', '=', principal)
    // Not one that was given anew meanwhile: JSON knows milliseconds, the row microseconds.
    .where(sql<Date>`date_trunc('milliseconds', at)`, '=', new Date(at))
    .execute();
  await announcePromotion(trx, key, row, {
    step: `voided/${principal}/${at}`,
    type: 'promotion.approval-refused',
    data: { reason: `${principal}: ${reason}` },
  });
}

/**
 * The principals behind the source commit, from verified facts; undefined where one of them could not be mapped:
 * an unmapped committer is unknown, not somebody else. A commit signer named like a principal is that principal. Addresses in
 * the commit's text are nobody's. Of an index also those of what is inside, which speak for nobody but themselves: what has no
 * committer of its own has none that is known.
 */
export async function committersOf(executor: Executor, digest: Digest): Promise<readonly string[] | undefined> {
  const result = await sql<{ own: boolean; subject: string | null }>`
    select f.digest = ${digest} as own, coalesce(a.subject, s.subject, p.subject) as subject from artifact_fact f
    left join principal_alias a on a.value = f.value and a.kind = 'commit-signer'
    left join principal_alias s on s.value = f.value and s.kind = 'subject'
    left join principal p on p.subject = f.value
    where f.digest = any(${withInside(digest)}) and f.kind = 'committer'`.execute(executor);
  if (!result.rows.some(({ own }) => own) || result.rows.some(({ subject }) => subject === null)) return undefined;
  return [...new Set(result.rows.map((row) => row.subject as string))];
}

/**
 * Principals who made it, or what is inside: who runs a builder that verifiably built it, whoever said, at the gateway, that they
 * built it, and whoever the registry says pushed it. The last two are claims: they let nobody in, and keep one who is named from deciding.
 * Not who attached evidence: an approver may sign what they approve.
 */
async function makersOf(executor: Executor, { repository, digest }: ArtifactKey): Promise<readonly string[]> {
  const result = await sql<{ subject: string }>`
    select a.subject from artifact_fact f join principal_alias a on a.kind = 'builder' and a.value = f.value
      where f.digest = any(${withInside(digest)}) and f.kind = 'builder'
    union
    select substr(source, ${SOURCES.length + 1}::int) from build_fact
      where output_digest = any(${withInside(digest)}) and repository = ${repository} and starts_with(source, ${SOURCES})
    union
    select actor from intake where subject = any(array(select ${repository}::text || '@' || d from unnest(${withInside(digest)}) as d))
      and actor is not null and reason <> 'evidence'`.execute(executor);
  return principalsOf(
    executor,
    result.rows.map((row) => row.subject),
  );
}

/**
 * Of one that was rejected, when it was first asked for after that; undefined where it never was. By the promotion, not by the
 * rejection: whoever approves what they rejected takes the place of that.
 */
export async function askedAnewSince(executor: Executor, key: PromotionKey): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date }>`
    select p.requested_at as at from promotion p
    where p.environment = ${key.environment} and p.repository = ${key.repository} and p.digest = ${key.digest}
      and p.generation = (
        select max(r.generation) + 1 from promotion r where r.environment = p.environment and r.repository = p.repository
          and r.digest = p.digest and r.state = 'rejected' and r.generation < ${key.generation})`.execute(executor);
  return rows[0]?.at;
}

/** Where the approvals of one decision stand. `alone`, where given, are looked at instead of what is stored. */
export async function weighApprovals(
  executor: Executor,
  rule: WeighedRule,
  key: PromotionKey,
  row: Pick<PromotionRow, 'requested_by' | 'requested_at' | 'asked_at'>,
  decision: { readonly digest: string; readonly now: Date; readonly alone?: readonly Approval[] },
): Promise<ApprovalResult> {
  const { digest, now, alone } = decision;
  const anewSince = await askedAnewSince(executor, key);
  const given = alone ?? (await approvalsFor(executor, key));
  // Joined since: what two subjects approved is one person's word.
  const people = await principalsOf(executor, [...given.map(({ principal }) => principal), row.requested_by]);
  const approvals = given.map((approval, index) => ({ ...approval, principal: people[index] ?? approval.principal }));
  return evaluateApprovals(rule, {
    decisionDigest: digest,
    approvals,
    committers: await committersOf(executor, key.digest),
    builders: await makersOf(executor, key),
    ...(row.requested_by === 'system' ? {} : { requestedBy: people.at(-1) ?? row.requested_by }),
    requestedAt: row.requested_at.toISOString(),
    askedAt: (row.asked_at ?? now).toISOString(),
    ...(anewSince === undefined ? {} : { anewSince: anewSince.toISOString() }),
    now: now.toISOString(),
  });
}
