/** Taking one artifact into one environment: reserve, copy, go live, or take back what was copied. */
import type { Registry } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { DecisionTickets } from '../domain/promotion/decision-tickets.ts';
import type {
  GoLive,
  PromotionBook,
  PromotionKey,
  PromotionStart,
  Reservation,
} from '../domain/promotion/promotion-book.ts';
import type { DecisionOutcome } from '../domain/promotion/promotion-desk.ts';
import { type Copied, type CopyDependencies, copyIntoEnvironment, LEASE_SECONDS } from './copy-into-environment.ts';
import { channelLease, type EnterDependencies, enterEnvironment } from './enter-environment.ts';
import { withFailures } from './failures.ts';
import { putTagBack } from './put-tag-back.ts';

/** `closesHere`: the promotion may go live where its workflow runs. Absent in histories of before, which go on as they began. */
export type Reserved = Reservation & { readonly closesHere?: true };

export interface PromotionDependencies extends CopyDependencies, EnterDependencies {
  readonly registry: Registry;
  readonly promotions: PromotionBook;
  readonly tickets: DecisionTickets;
  readonly startPromotions: (starts: readonly PromotionStart[]) => Promise<void>;
  /** Tells waiting promotions to look again. */
  readonly wake: (workflowIds: readonly string[]) => Promise<void>;
}

export function createPromotionActivities(deps: PromotionDependencies) {
  const { promotions, tickets, startPromotions, wake } = deps;
  return withFailures({
    async reserve(key: PromotionKey): Promise<Reserved> {
      const reservation = await promotions.reserve(key, LEASE_SECONDS);
      if (reservation.outcome !== 'reserved') return reservation;
      await reach('promotion.reserved', key.digest);
      return { ...reservation, closesHere: true };
    },
    copy: (key: PromotionKey): Promise<Copied> => copyIntoEnvironment(deps, key),
    async goLive(key: PromotionKey): Promise<GoLive> {
      const result = await enterEnvironment(deps, key);
      if (result.outcome !== 'live') return result;
      await reach('promotion.live', key.digest);
      await startPromotions(result.next);
      await wake(result.wake);
      return result;
    },
    undo: (key: PromotionKey, end: Parameters<PromotionBook['releaseClaim']>[1]): Promise<void> => undo(deps, key, end),
    end: (key: PromotionKey, end: Parameters<PromotionBook['end']>[1]): Promise<void> => promotions.end(key, end),
    /** Believes the ticket alone: what came along with it is for people who read the history. */
    async decide(key: PromotionKey, { ticket }: { readonly ticket: string }): Promise<DecisionOutcome> {
      const taken = await tickets.redeem(key, String(ticket));
      return 'refused' in taken ? { outcome: 'refused', reason: taken.refused } : promotions.decide(key, taken);
    },
    remind: (key: PromotionKey, count: number): Promise<void> => promotions.remind(key, count),
  });
}

/** What was recorded and never written is not there to be deleted, which is no error. */
async function undo(
  deps: PromotionDependencies,
  key: PromotionKey,
  end: Parameters<PromotionBook['releaseClaim']>[1],
): Promise<void> {
  const { registry, promotions, lease } = deps;
  const { destination, remove } = await promotions.releaseClaim(key, end);
  // First: with the manifest that a tag names goes the tag.
  const moved = await promotions.tagToPutBack(key);
  if (moved !== undefined)
    await lease.hold(channelLease(key.environment, moved.destination, moved.tag), (held) =>
      putTagBack(deps, key, held),
    );
  if (moved !== undefined) await reach('promotion.tag-put-back', key.digest);
  if (remove.length > 0) await reach('promotion.released', key.digest);
  for (const digest of remove) await registry.deleteManifest(destination, digest);
  await promotions.recordTakenBack(key);
}

export type PromotionActivities = ReturnType<typeof createPromotionActivities>;
