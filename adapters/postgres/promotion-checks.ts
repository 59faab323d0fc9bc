/** The checks a reservation and a go-live share. Run under epoch, fences and the promotion's row, after they are locked. */
import { sql, type Transaction } from 'kysely';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { environmentRepository, findEnvironment, isIntakeRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { freezeUntil } from '../../domain/promotion/freeze.ts';
import { lineStopReason } from '../../domain/promotion/line-desk.ts';
import type { PromotionKey, Reservation, WaitingFor } from '../../domain/promotion/promotion-book.ts';
import { soakUntil } from '../../domain/promotion/soak.ts';
import { askedApprovals } from './approver-list.ts';
import { readTrustEpoch } from './epoch.ts';
import { type Blocker, findBlocker } from './fence.ts';
import { readFindingsVersion } from './findings-version.ts';
import { findLineStop } from './line-desk.ts';
import { liveSince } from './live-since.ts';
import { weighApprovals } from './promotion-approvals.ts';
import { channelRefusal } from './promotion-channel.ts';
import { lockPromotion, type PromotionRow, recordAsked } from './promotion-row.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
type Ended = Extract<Reservation, { outcome: 'ended' }>;

export type Obstacle =
  | Extract<Reservation, { outcome: 'stale' }>
  | (Extract<Reservation, { outcome: 'waiting' }> & { readonly waitingFor: WaitingFor })
  | { readonly outcome: 'ended'; readonly state: Exclude<Ended['state'], 'live'>; readonly reason: string };

interface Clear {
  readonly outcome: 'clear';
  readonly destination: string;
  readonly verdict: { readonly id: number; readonly body: Verdict };
  /** Who approved; empty where nobody was asked. */
  readonly approvedBy: readonly string[];
}

/** What stands in the way, or the verdict that lets it in. */
export type Check = Obstacle | Clear;

/** Verdicts older than this are judged again before anything enters. */
const VERDICT_LIFE_SECONDS = 24 * 3600;

/**
 * Takes the locks in their order (epoch, fences, the promotion's row), then looks. What commits later (an incident, a
 * decision) waits for this transaction; what committed before is seen. Only `isWanted` rows are checked.
 */
export async function lockAndCheck(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  isWanted: (row: PromotionRow) => boolean,
): Promise<{ readonly row: PromotionRow; readonly check: Check | undefined }> {
  const blocker = await findBlocker(trx, key.digest);
  const row = await lockPromotion(trx, key);
  if (!isWanted(row)) return { row, check: undefined };
  // The first counts; what comes after it is not even looked at.
  const { value } = await findObstacles(trx, policy, key, { row, blocker }).next();
  return { row, check: value };
}

/**
 * Everything that stands in the way, in the order in which it counts; returns what lets it in, where nothing does. Who reads
 * on after the first one throws the transaction away (a preview). Locks as for `lockAndCheck`.
 */
export async function* findObstacles(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  { row, blocker }: { readonly row: PromotionRow; readonly blocker: Blocker | undefined },
): AsyncGenerator<Obstacle, Clear | undefined> {
  if (blocker !== undefined) yield { outcome: 'ended', state: 'quarantined', reason: blocker.reason };
  if (row.cancel !== null) yield { outcome: 'ended', state: 'cancelled', reason: row.cancel };
  const now = new Date();
  const environment = findEnvironment(policy, key.environment);
  const denied = (why: string): Obstacle => ({
    outcome: 'ended',
    state: 'denied',
    reason: `the policy in force (version ${policy.document.version}) ${why}`,
  });
  if (environment === undefined) {
    yield denied(`has no environment ${key.environment}`);
    return undefined;
  }
  if (!isIntakeRepository(policy, key.repository)) yield denied(`takes nothing from ${key.repository}`);
  const destination = environmentRepository(policy, key.environment, key.repository);
  const order = await channelRefusal(trx, key, destination, row);
  if (order !== undefined) yield { outcome: 'ended', state: 'superseded', reason: order };
  const waiting = await checkPredecessors(trx, policy, environment, key, now);
  if (waiting !== undefined) yield waiting;
  const verdict = await currentVerdict(trx, policy, key, now);
  if ('stale' in verdict) yield { outcome: 'stale', reason: verdict.stale };
  else if (!verdict.body.admitted) yield { outcome: 'ended', state: 'denied', reason: denial(verdict.body) };
  // Nobody approved a decision that is not made yet.
  const decision = 'stale' in verdict ? '' : verdict.body.decisionDigest;
  const people = await checkApprovals(trx, environment, key, row, { digest: decision, now });
  if ('blocked' in people) yield people.blocked;
  const stop = await findLineStop(trx, key.environment);
  if (stop !== undefined) yield waitFor('stop', lineStopReason(stop), {});
  const freeze = freezeUntil(environment, now.toISOString());
  if (freeze !== undefined)
    yield waitFor('freeze', `frozen until ${freeze.until}: ${freeze.reason}`, { until: freeze.until });
  if ('stale' in verdict || 'blocked' in people) return undefined;
  return { outcome: 'clear', destination, verdict, approvedBy: people.approvedBy };
}

function waitFor(
  what: Exclude<WaitingFor['for'], 'signing'>,
  reason: string,
  details: Partial<Omit<WaitingFor, 'for' | 'until'>> & { readonly until?: string; readonly remindAt?: string },
): Extract<Obstacle, { outcome: 'waiting' }> {
  const { until, remindAt, approvals = null, environments = [] } = details;
  const waitingFor = { for: what, until: until ?? null, approvals, environments };
  return { outcome: 'waiting', for: what, reason, until, remindAt, waitingFor };
}

function denial(verdict: Verdict): string {
  const against = verdict.gates.filter((gate) => gate.verdict !== 'pass');
  return against.map((gate) => `${gate.gate}: ${gate.reason}`).join('; ');
}

async function checkPredecessors(
  trx: Trx,
  policy: Policy,
  environment: EnvironmentPolicy,
  key: PromotionKey,
  now: Date,
): Promise<Obstacle | undefined> {
  if (environment.after.length === 0) return undefined;
  const since = await liveSince(trx, policy, environment, key);
  const soak = soakUntil(environment, since, now.toISOString());
  switch (soak.state) {
    case 'met':
      return undefined;
    case 'soaking':
      return waitFor('soak', `soaks in ${environment.after.join(', ')} until ${soak.until}`, {
        until: soak.until,
        environments: [...environment.after],
      });
    case 'not-live':
      return waitFor('previous-environment', `waits until it is live in ${soak.missing.join(', ')}`, {
        environments: [...soak.missing],
      });
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
    .select(['id', 'body', 'policy_digest', 'trust_epoch', 'evaluated_at', 'findings_version'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('environment', '=', key.environment)
    // A decision that comes back renews its old row: the newest is the one judged last, not the one inserted last.
    .orderBy('evaluated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return { stale: 'no verdict for this environment yet' };
  if (row.policy_digest !== policy.digest) return { stale: 'the policy changed since the verdict' };
  if (row.trust_epoch !== (await readTrustEpoch(trx))) return { stale: 'trust changed since the verdict' };
  if (now.getTime() - row.evaluated_at.getTime() > VERDICT_LIFE_SECONDS * 1000)
    return { stale: 'the verdict is older than a day' };
  if (row.findings_version !== null && row.findings_version !== (await readFindingsVersion(trx, key.digest)))
    return { stale: 'what is known of its components changed since the verdict' };
  const body = row.body as unknown as Verdict;
  if (body.decisionsUntil !== undefined && !(now.getTime() < Date.parse(body.decisionsUntil)))
    return { stale: `a decision about its findings, or an exception, ended at ${body.decisionsUntil}` };
  return { id: row.id, body };
}

async function checkApprovals(
  trx: Trx,
  environment: EnvironmentPolicy,
  key: PromotionKey,
  row: PromotionRow,
  decision: { readonly digest: string; readonly now: Date },
): Promise<{ readonly blocked: Obstacle } | { readonly approvedBy: readonly string[] }> {
  const rule = await askedApprovals(trx, environment);
  if (rule === undefined) return { approvedBy: [] };
  const result = await weighApprovals(trx, rule, key, row, decision);
  switch (result.state) {
    case 'satisfied':
      return { approvedBy: result.counted };
    case 'rejected':
    case 'expired':
      return { blocked: { outcome: 'ended', state: result.state, reason: result.reason } };
    case 'waiting': {
      const since = row.asked_at ?? decision.now;
      if (row.asked_at === null) await recordAsked(trx, key, since);
      const at = (seconds: number) => new Date(since.getTime() + seconds * 1000).toISOString();
      return {
        blocked: waitFor('approval', result.reason, {
          until: at(rule.expiresAfter),
          remindAt: at(rule.remindAfter),
          approvals: { given: result.counted.length, required: rule.required, groups: [...rule.groups] },
        }),
      };
    }
  }
}

/** Why nothing goes live that took too long. */
export const LEASE_RAN_OUT = 'the lease ran out before the copy was finished';

/** By the clock that wrote it, as it is now: not as it was when the transaction began to wait for its locks. */
export async function holdsLease(trx: Trx, key: PromotionKey): Promise<boolean> {
  const result = await sql`
    select 1 from promotion
    where environment = ${key.environment} and repository = ${key.repository} and digest = ${key.digest}
      and generation = ${key.generation} and state = 'reserved' and lease_expires_at > clock_timestamp()`.execute(trx);
  return result.rows.length === 1;
}
