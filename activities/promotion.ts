/** Taking one artifact into one environment: reserve, copy, go live, or take back what was copied. */

import { Context } from '@temporalio/activity';
import type { Digest } from '../domain/artifact/digest.ts';
import type { Registry } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { EvidenceBook } from '../domain/policy/verdict-book.ts';
import type {
  GoLive,
  PromotionBook,
  PromotionKey,
  PromotionStart,
  Reservation,
} from '../domain/promotion/promotion-book.ts';
import type { Decider, DecisionOutcome } from '../domain/promotion/promotion-desk.ts';
import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { withFailures } from './failures.ts';

export interface PromotionDependencies {
  readonly registry: Registry;
  readonly promotions: PromotionBook;
  readonly evidence: EvidenceBook;
  readonly desk: EvidenceDesk;
  readonly copyArtifact: (route: {
    from: string;
    to: string;
    digest: Digest;
    progress: (place: string) => void;
  }) => Promise<readonly Digest[]>;
  /** Serialises tag moves of one channel between processes. */
  readonly lease: { hold<T>(key: string, act: () => Promise<T>): Promise<T> };
  readonly startPromotions: (starts: readonly PromotionStart[]) => Promise<void>;
}

/** Longer than any single write to a registry; a copy that outlives it is taken back. */
const LEASE_SECONDS = 300;

export type Copied = { readonly outcome: 'copied' } | { readonly outcome: 'refused'; readonly reason: string };

export function createPromotionActivities(deps: PromotionDependencies) {
  const { promotions, startPromotions } = deps;
  return withFailures({
    async reserve(key: PromotionKey): Promise<Reservation> {
      const reservation = await promotions.reserve(key, LEASE_SECONDS);
      if (reservation.outcome === 'reserved') await reach('promotion.reserved', key.digest);
      return reservation;
    },
    copy: (key: PromotionKey): Promise<Copied> => copy(deps, key),
    async goLive(key: PromotionKey): Promise<GoLive> {
      const result = await goLive(deps, key);
      if (result.outcome !== 'live') return result;
      await reach('promotion.live', key.digest);
      await startPromotions(result.next);
      return result;
    },
    undo: (key: PromotionKey, end: Parameters<PromotionBook['releaseClaim']>[1]): Promise<void> => undo(deps, key, end),
    end: (key: PromotionKey, end: Parameters<PromotionBook['end']>[1]): Promise<void> => promotions.end(key, end),
    decide: (
      key: PromotionKey,
      decision: { verb: 'approve' | 'reject'; reason: string; decider: Decider },
    ): Promise<DecisionOutcome> => promotions.decide(key, decision),
    remind: (key: PromotionKey, count: number): Promise<void> => promotions.remind(key, count),
  });
}

/** Bytes first, then evidence; each claim remembers what it made. The tag comes last, at go-live. */
async function copy(
  { promotions, evidence, desk, copyArtifact }: PromotionDependencies,
  key: PromotionKey,
): Promise<Copied> {
  const refused = { outcome: 'refused', reason: 'the reservation no longer stands' } as const;
  if (!(await promotions.extendLease(key, LEASE_SECONDS))) return refused;
  const { source, destination } = await promotions.route(key);
  const context = Context.current();
  const created = await copyArtifact({
    from: source,
    to: destination,
    digest: key.digest,
    progress: (place) => context.heartbeat(place),
  });
  await reach('promotion.copied', key.digest);
  await promotions.recordCreated(key, created);
  if (!(await promotions.extendLease(key, LEASE_SECONDS))) return refused;
  const records = (await evidence.recordedWithChildren({ repository: source, digest: key.digest })).filter(
    (record) => record.verification.outcome === 'verified',
  );
  const copied = await desk.copy(source, destination, records);
  await reach('promotion.evidence-copied', key.digest);
  await evidence.record(destination, records);
  await promotions.recordCreated(key, copied);
  return { outcome: 'copied' };
}

async function goLive(
  { registry, promotions, evidence, desk, lease }: PromotionDependencies,
  key: PromotionKey,
): Promise<GoLive> {
  const { destination, tag } = await promotions.route(key);
  const refuse = (reason: string): GoLive => ({ outcome: 'refused', state: 'cancelled', reason });
  const expected = (await evidence.recordedWithChildren({ repository: destination, digest: key.digest })).filter(
    (record) => record.verification.outcome === 'verified',
  );
  const missing = await desk.missing(destination, expected);
  if (missing.length > 0)
    return refuse(
      `${destination} does not show ${missing.length} of ${expected.length} pieces of evidence that were attached`,
    );
  if (tag === undefined) return promotions.goLive(key);
  return lease.hold(`channel ${key.environment} ${destination}:${tag}`, async () => {
    const before = await registry.resolve(destination, tag);
    if (await promotions.mayMoveTag(key)) await moveTag(registry, destination, tag, key.digest);
    await reach('promotion.tag-moved', key.digest);
    const result = await promotions.goLive(key);
    if (result.outcome === 'live') return result;
    // Refused after the tag was moved: it goes back to what it named, if that is still there.
    if (before !== undefined && before.digest !== key.digest) await moveTag(registry, destination, tag, before.digest);
    return result;
  });
}

/** Tags are written with the manifest's bytes; success is what the registry says when read back. */
async function moveTag(registry: Registry, repository: string, tag: string, digest: Digest): Promise<void> {
  const stored = await registry.getManifest(repository, digest);
  if (stored === undefined) return;
  await registry.putManifest(repository, tag, stored.bytes, stored.descriptor.mediaType);
  const seen = await registry.resolve(repository, tag);
  if (seen?.digest !== digest)
    throw Object.assign(
      new Error(`${repository}:${tag} names ${seen?.digest ?? 'nothing'} after it was moved to ${digest}`),
      { code: 'REGISTRY_UNAVAILABLE' },
    );
}

async function undo(
  { registry, promotions }: PromotionDependencies,
  key: PromotionKey,
  end: Parameters<PromotionBook['releaseClaim']>[1],
): Promise<void> {
  const { destination, remove } = await promotions.releaseClaim(key, end);
  if (remove.length > 0) await reach('promotion.released', key.digest);
  for (const digest of remove) await registry.deleteManifest(destination, digest);
}

export type PromotionActivities = ReturnType<typeof createPromotionActivities>;
