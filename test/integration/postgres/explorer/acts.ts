/** What people, pipelines and quarantines do. Each is what an activity would call, with its compensation. */
import { sql } from 'kysely';
import { openNewGenerations } from '../../../../adapters/postgres/regenerate.ts';
import type { PromotionKey } from '../../../../domain/promotion/promotion-book.ts';
import { type Harbour, LEASE_SECONDS, signerOf } from '../harbour.ts';
import { contentOf, policyOf, SIGNER, type Subject, world } from './world.ts';

type Act = (harbour: Harbour, subject: Subject) => Promise<void>;
type Environment = 'dev' | 'prod';

/** The promotion of an artifact that is open, else the newest; undefined where it was never asked for. */
async function newest(harbour: Harbour, subject: Subject, environment: Environment): Promise<PromotionKey | undefined> {
  const { repository, digest } = world[subject];
  const row = await harbour.db
    .selectFrom('promotion')
    .select('generation')
    .where('environment', '=', environment)
    .where('digest', '=', digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : { environment, repository, digest, generation: row.generation };
}

/** As `carryOut` of workflows/promotion and the activities under it, without the registry. */
const promote =
  (environment: Environment): Act =>
  async (harbour, subject) => {
    const promotion = await newest(harbour, subject, environment);
    if (promotion === undefined) return;
    const { promotions } = harbour;
    const reservation = await promotions.reserve(promotion, LEASE_SECONDS);
    if (reservation.outcome === 'stale') await harbour.judge(world[subject], environment);
    if (reservation.outcome !== 'reserved') return;
    const undo = async (state: 'undone' | 'quarantined' | 'superseded' | 'denied', reason: string) =>
      void (await promotions.releaseClaim(promotion, { state, reason }));
    if (!(await promotions.extendLease(promotion, LEASE_SECONDS))) return undo('undone', 'no longer reserved');
    await promotions.recordCreated(promotion, [promotion.digest]);
    const live = await promotions.goLive(promotion);
    if (live.outcome === 'refused') await undo(live.state === 'cancelled' ? 'undone' : live.state, live.reason);
  };

async function release(harbour: Harbour, subject: Subject, verb: 'approve' | 'reject'): Promise<void> {
  const { digest } = world[subject];
  const asked = await harbour.incidents.requestRelease({ digest, reason: 'explored', actor: 'ann' });
  if (asked.outcome !== 'waiting') return;
  await harbour.incidents.decideRelease({ request: asked.request, verb, reason: 'explored', actor: 'ben' });
}

const pushUnder =
  (tag?: string): Act =>
  async (harbour, subject) => {
    const { generation } = await harbour.push(world[subject], {
      ...contentOf(subject),
      ...(tag === undefined ? {} : { tag }),
    });
    await harbour.promotions.requestFirst(world[subject], generation);
  };

/** Somebody else may have decided, released or closed first: that answer is as good. */
const unlessOver = (work: Promise<unknown>) =>
  work.catch((error: { code?: string }) => {
    if (error.code !== 'INCIDENT_CLOSED' && error.code !== 'RELEASE_UNKNOWN') throw error;
  });

export const acts = {
  promote: promote('dev'),
  promoteToProd: promote('prod'),
  async undo(harbour, subject) {
    const promotion = await newest(harbour, subject, 'dev');
    if (promotion === undefined) return;
    const reservation = await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    if (reservation.outcome === 'reserved')
      await harbour.promotions.releaseClaim(promotion, { state: 'undone', reason: 'explored' });
  },
  push: pushUnder(),
  /** Under another tag: a second claim to the same place. */
  pushAgain: pushUnder('other'),
  sign: (harbour, subject) => harbour.evidence.record('shop', [harbour.signedBy(SIGNER, world[subject].digest)]),
  async suspectDigest(harbour, subject) {
    const selector = { kind: 'digest', value: world[subject].digest } as const;
    await harbour.incidents.open({ selector, reason: 'explored', actor: 'ann' });
  },
  async suspectSigner(harbour) {
    await harbour.incidents.open({ selector: signerOf(SIGNER), reason: 'explored', actor: 'ann' });
  },
  release: (harbour, subject) => release(harbour, subject, 'approve'),
  refuseRelease: (harbour, subject) => release(harbour, subject, 'reject'),
  async close(harbour) {
    const incident = await harbour.db
      .selectFrom('incident')
      .select('id')
      .where('state', '<>', 'closed')
      .executeTakeFirst();
    if (incident !== undefined)
      await unlessOver(harbour.incidents.close({ incident: incident.id, reason: 'explored', actor: 'ann' }));
  },
  async quarantine(harbour, subject) {
    const { digest } = world[subject];
    const fenced = await harbour.db
      .selectFrom('incident_subject')
      .select('incident')
      .where('digest', '=', digest)
      .where('state', '=', 'fenced')
      .executeTakeFirst();
    if (fenced === undefined) return;
    const key = { digest, incident: fenced.incident };
    // The workflow looks until no lease runs; this one gives up where one does.
    if (!(await harbour.quarantines.stands(key)) || (await harbour.quarantines.inFlight(key)).leaseSeconds > 0) return;
    for (const holding of await harbour.quarantines.holdings(key))
      await harbour.quarantines.recordRemoved(key, holding);
    await harbour.quarantines.confirm(key, { readBacks: 2, environments: [] });
  },
  async approve(harbour, subject) {
    const promotion = await newest(harbour, subject, 'prod');
    const decider = { principal: 'cleo', groups: [] };
    if (promotion !== undefined)
      await harbour.promotions.decide(promotion, { verb: 'approve', reason: 'explored', decider });
  },
  /** Judged again, with another result: what was approved is another decision. */
  async rescan(harbour, subject) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from verdict`.execute(harbour.db);
    await harbour.judge(world[subject], 'prod', { decision: `rescan ${rows[0]?.n}` });
  },
  async changePolicy(harbour) {
    const { version } = (await harbour.policies.current()).document;
    await harbour.policies.activate(policyOf(version + 1), 'policy.yaml', 'explored');
    await openNewGenerations(harbour.db, 'policy');
  },
  async rollback(harbour, subject) {
    const row = { tag: 'stable', build_order: 0, rollback: true, requested_by: 'ann', trace: null };
    await harbour.request({ environment: 'dev', key: world[subject], row });
    await promote('dev')(harbour, subject);
  },
} satisfies Record<string, Act>;

export type ActName = keyof typeof acts;
