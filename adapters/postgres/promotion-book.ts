/** Promotions in Postgres: every transition is one transaction under the locks of docs/guarantees.md. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { environmentRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PromotionBook, PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { type Database, transact } from './database.ts';
import { decidePromotion } from './decide-promotion.ts';
import { findBlocker } from './fence.ts';
import { goLive, releaseClaim } from './go-live.ts';
import { findLineStop } from './line-desk.ts';
import { claimOf, forgetCreated, recordCreated } from './placement-claims.ts';
import type { PolicyStore } from './policy-store.ts';
import { voidApproval, weighApprovals } from './promotion-approvals.ts';
import { channelRefusal, recordTagMove } from './promotion-channel.ts';
import { announcePromotion, endPromotion, lockPromotion, readPromotionRow } from './promotion-row.ts';
import { requestFirst } from './request-onward.ts';
import { extendLease, reservePromotion, sourceRepository } from './reserve-promotion.ts';

export function createPromotionBook(db: Database, policies: PolicyStore): PromotionBook {
  return {
    reserve: async (key, leaseSeconds) => reservePromotion(db, await policies.current(), key, leaseSeconds),
    extendLease: (key, leaseSeconds) => extendLease(db, key, leaseSeconds),
    recordCreated: (key, created) => recordCreated(db, key, created),
    async planTagMove(key, shown) {
      const { row, claim } = await readWithClaim(db, key);
      if (row.tag === null || row.state !== 'reserved' || claim === undefined || claim.isReleased) return false;
      // Looked at again when it goes live, under the epoch: here, so that nobody pulls by tag what is taken back then.
      if (row.cancel !== null) return false;
      if ((await findLineStop(db, key.environment)) !== undefined) return false;
      if ((await channelRefusal(db, key, claim.destination, row)) !== undefined) return false;
      return recordTagMove(db, key, { destination: claim.destination, tag: row.tag, shown });
    },
    async tagToPutBack(key) {
      const { row, claim } = await readWithClaim(db, key);
      if (row.state === 'live' || row.tag === null || claim === undefined) return undefined;
      const { destination, tagBefore } = claim;
      if (tagBefore === null || tagBefore === key.digest) return undefined;
      const place = { destination, tag: row.tag };
      const before = tagBefore === '' ? undefined : (tagBefore as Digest);
      // Whoever writes a tag writes what it names.
      const isHeld = before !== undefined && (await transact(db, (trx) => findBlocker(trx, before))) !== undefined;
      return before === undefined || isHeld ? place : { ...place, before };
    },
    goLive: async (key) => goLive(db, await policies.current(), key),
    releaseClaim: (key, end) => releaseClaim(db, key, end),
    recordTakenBack: (key) => forgetCreated(db, key),
    end: (key, end) => transact(db, (trx) => endPromotion(trx, key, end.state, end.reason)),
    decide: async (key, decision) => decidePromotion(db, await policies.current(), key, decision),
    weigh: async (key, rule, digest, alone) =>
      weighApprovals(db, rule, key, await readPromotionRow(db, key), { digest, now: new Date(), alone }),
    voidApproval: (key, approval, reason) => transact(db, (trx) => voidApproval(trx, key, approval, reason)),
    remind: (key, count) =>
      transact(db, async (trx) => {
        const row = await lockPromotion(trx, key);
        await announcePromotion(trx, key, row, {
          step: `reminded/${count}`,
          type: 'promotion.reminded',
          data: { count },
        });
      }),
    requestFirst: async (key, pipelineGeneration) =>
      requestFirst(db, await policies.current(), key, pipelineGeneration),
    route: async (key) => route(db, await policies.current(), key),
  };
}

/** Both by one statement. Throws a PromotionError where there is no such promotion. */
async function readWithClaim(db: Database, key: PromotionKey) {
  const found = await db
    .selectFrom('promotion as p')
    .leftJoin('placement as at', (join) =>
      join.onRef('at.digest', '=', 'p.digest').onRef('at.environment', '=', 'p.environment'),
    )
    .leftJoin('placement_claim as c', (join) =>
      join
        .onRef('c.environment', '=', 'at.environment')
        .onRef('c.destination', '=', 'at.destination')
        .onRef('c.digest', '=', 'at.digest')
        .on('c.claim', '=', claimOf(key)),
    )
    .selectAll('p')
    .select(['c.destination', 'c.released_at', 'c.tag_before'])
    .where('p.environment', '=', key.environment)
    .where('p.repository', '=', key.repository)
    .where('p.digest', '=', key.digest)
    .where('p.generation', '=', key.generation)
    // Where the policy of another day put it is another place: as `findClaim`.
    .orderBy(sql`c.claim nulls last`)
    .orderBy(sql`c.released_at is not null`)
    .orderBy('c.claimed_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (found === undefined) return { row: await readPromotionRow(db, key), claim: undefined };
  const { destination, released_at, tag_before, ...row } = found;
  const claim = { isReleased: released_at !== null, tagBefore: tag_before };
  return { row, claim: destination === null ? undefined : { destination, ...claim } };
}

async function route(db: Database, policy: Policy, key: PromotionKey) {
  const { row, claim } = await readWithClaim(db, key);
  return {
    source: sourceRepository(policy, key),
    destination: claim?.destination ?? environmentRepository(policy, key.environment, key.repository),
    tag: row.tag ?? undefined,
  };
}
