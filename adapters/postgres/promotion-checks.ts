/** The checks a reservation and a go-live share. Run under epoch and fences, after the locks are held. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { environmentRepository, findEnvironment } from '../../domain/policy/environments.ts';
import { type ApprovalResult, evaluateApprovals } from '../../domain/policy/evaluate-approvals.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { mayMoveTag } from '../../domain/promotion/channel.ts';
import { freezeUntil } from '../../domain/promotion/freeze.ts';
import type { PromotionKey, Reservation } from '../../domain/promotion/promotion-book.ts';
import { soakUntil } from '../../domain/promotion/soak.ts';
import { readTrustEpoch } from './epoch.ts';
import { findBlocker } from './fence.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

export interface PromotionRow {
  readonly state: string;
  readonly tag: string | null;
  readonly build_order: number;
  readonly rollback: boolean;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly trace: string | null;
}

/** What stands in the way, or the verdict that lets it in. */
export type Check =
  | Exclude<Reservation, { outcome: 'reserved' }>
  | {
      readonly outcome: 'clear';
      readonly verdict: { readonly id: number; readonly body: Verdict };
      readonly approvals: ApprovalResult | undefined;
      readonly committers: readonly string[] | undefined;
    };

/** Verdicts older than this are judged again before anything enters. */
const VERDICT_LIFE_SECONDS = 24 * 3600;

export async function checkPromotion(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
  now: Date,
): Promise<Check> {
  const ended = (state: Extract<Reservation, { outcome: 'ended' }>['state'], reason: string): Check => ({
    outcome: 'ended',
    state,
    reason,
  });
  const blocker = await findBlocker(trx, key.digest);
  if (blocker !== undefined) return ended('quarantined', blocker.reason);
  const environment = findEnvironment(policy, key.environment);
  if (environment === undefined)
    return ended(
      'denied',
      `the policy in force (version ${policy.document.version}) has no environment ${key.environment}`,
    );
  const order = await checkChannel(trx, policy, key, row);
  if (order !== undefined) return ended('superseded', order);
  const waiting = await checkPredecessors(trx, policy, environment, key, now);
  if (waiting !== undefined) return waiting;
  const verdict = await currentVerdict(trx, policy, key, now);
  if ('stale' in verdict) return { outcome: 'stale', reason: verdict.stale };
  if (!verdict.body.admitted) return ended('denied', denial(verdict.body));
  const people = await checkApprovals(trx, environment, key, row, verdict.body, now);
  if (people.blocked !== undefined) return people.blocked;
  const freeze = freezeUntil(environment, now.toISOString());
  if (freeze !== undefined)
    return {
      outcome: 'waiting',
      for: 'freeze',
      reason: `frozen until ${freeze.until}: ${freeze.reason}`,
      until: freeze.until,
      remindAt: undefined,
    };
  return { outcome: 'clear', verdict, approvals: people.result, committers: people.committers };
}

function denial(verdict: Verdict): string {
  const against = verdict.gates.filter((gate) => gate.verdict !== 'pass');
  return against.map((gate) => `${gate.gate}: ${gate.reason}`).join('; ');
}

async function checkChannel(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
): Promise<string | undefined> {
  if (row.tag === null) return undefined;
  const destination = environmentRepository(policy, key.environment, key.repository);
  const channel = await trx
    .selectFrom('channel')
    .select(['digest', 'build_order'])
    .where('environment', '=', key.environment)
    .where('destination', '=', destination)
    .where('tag', '=', row.tag)
    .executeTakeFirst();
  if (channel === undefined || channel.digest === key.digest) return undefined;
  const move = mayMoveTag(channel.build_order, row.build_order, row.rollback);
  return move.allowed ? undefined : `${row.tag}: ${move.reason}`;
}

async function checkPredecessors(
  trx: Trx,
  policy: Policy,
  environment: EnvironmentPolicy,
  key: PromotionKey,
  now: Date,
): Promise<Check | undefined> {
  if (environment.after.length === 0) return undefined;
  const since: Record<string, string> = {};
  for (const previous of environment.after) {
    const row = await trx
      .selectFrom('placement')
      .select('since')
      .where('environment', '=', previous)
      .where('destination', '=', environmentRepository(policy, previous, key.repository))
      .where('digest', '=', key.digest)
      .where('state', '=', 'live')
      .executeTakeFirst();
    if (row !== undefined) since[previous] = row.since.toISOString();
  }
  const soak = soakUntil(environment, since, now.toISOString());
  switch (soak.state) {
    case 'met':
      return undefined;
    case 'soaking':
      return {
        outcome: 'waiting',
        for: 'soak',
        reason: `soaks in ${environment.after.join(', ')} until ${soak.until}`,
        until: soak.until,
        remindAt: undefined,
      };
    case 'not-live':
      return {
        outcome: 'waiting',
        for: 'previous-environment',
        reason: `waits until it is live in ${soak.missing.join(', ')}`,
        until: undefined,
        remindAt: undefined,
      };
  }
}

async function currentVerdict(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  now: Date,
): Promise<{ id: number; body: Verdict } | { stale: string }> {
  const row = await trx
    .selectFrom('verdict')
    .select(['id', 'body', 'policy_digest', 'trust_epoch', 'evaluated_at'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('environment', '=', key.environment)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return { stale: 'no verdict for this environment yet' };
  if (row.policy_digest !== policy.digest) return { stale: 'the policy changed since the verdict' };
  if (row.trust_epoch !== (await readTrustEpoch(trx))) return { stale: 'trust changed since the verdict' };
  if (now.getTime() - row.evaluated_at.getTime() > VERDICT_LIFE_SECONDS * 1000)
    return { stale: 'the verdict is older than a day' };
  return { id: row.id, body: row.body as unknown as Verdict };
}

async function checkApprovals(
  trx: Trx,
  environment: EnvironmentPolicy,
  key: PromotionKey,
  row: PromotionRow,
  verdict: Verdict,
  now: Date,
): Promise<{ blocked?: Check; result?: ApprovalResult | undefined; committers: readonly string[] | undefined }> {
  const rule = environment.approvals;
  const committers = await committersOf(trx, key.digest);
  if (rule === undefined) return { committers };
  const result = evaluateApprovals(rule, {
    decisionDigest: verdict.decisionDigest,
    approvals: await approvalsFor(trx, key),
    committers,
    builders: [],
    ...(row.requested_by === 'system' ? {} : { requestedBy: row.requested_by }),
    requestedAt: row.requested_at.toISOString(),
    now: now.toISOString(),
  });
  switch (result.state) {
    case 'satisfied':
      return { result, committers };
    case 'rejected':
      return { blocked: { outcome: 'ended', state: 'rejected', reason: result.reason }, committers };
    case 'expired':
      return { blocked: { outcome: 'ended', state: 'expired', reason: result.reason }, committers };
    case 'waiting': {
      const at = (seconds: number) => new Date(row.requested_at.getTime() + seconds * 1000).toISOString();
      return {
        blocked: {
          outcome: 'waiting',
          for: 'approval',
          reason: result.reason,
          until: at(rule.expiresAfter),
          remindAt: at(rule.remindAfter),
        },
        committers,
      };
    }
  }
}

export async function approvalsFor(
  trx: Trx | import('./database.ts').Database,
  key: Pick<PromotionKey, 'environment' | 'repository' | 'digest'>,
): Promise<Approval[]> {
  const rows = await trx
    .selectFrom('approval')
    .selectAll()
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('at')
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

/**
 * The principals behind the source commit, from verified facts; undefined where one of them could not be mapped:
 * an unmapped committer is unknown, not somebody else. A commit signer named like a principal is that principal.
 */
export async function committersOf(
  trx: Trx | import('./database.ts').Database,
  digest: Digest,
): Promise<readonly string[] | undefined> {
  const result = await sql<{ value: string; subject: string | null }>`
    select f.value, coalesce(a.subject, p.subject) as subject from artifact_fact f
    left join principal_alias a on a.value = f.value and a.kind in ('commit-signer', 'email')
    left join principal p on p.subject = f.value
    where f.digest = ${digest} and f.kind = 'committer'`.execute(trx);
  if (result.rows.length === 0 || result.rows.some((row) => row.subject === null)) return undefined;
  return [...new Set(result.rows.map((row) => row.subject as string))];
}
