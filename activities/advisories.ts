/** Advisories come in, and what they change is found: the two halves of never being stale. */
import { Context } from '@temporalio/activity';
import type { AdvisoryImports, EpochSummary, Rejection } from '../domain/advisory/epoch.ts';
import type { FeedState } from '../domain/advisory/feed-state.ts';
import type { RescanBook, RescanReport, WakeReport } from '../domain/advisory/rescan-book.ts';
import { withFailures } from './failures.ts';
import { syncThreats, type ThreatSync } from './sync-threats.ts';

/** One record of a feed, or what could not be read of it. */
export type FeedRecord =
  | { readonly kind: 'record'; readonly record: unknown }
  | { readonly kind: 'rejected'; readonly place: string; readonly reason: string };

export type OpenedFeed =
  | { readonly kind: 'unchanged'; readonly state: FeedState }
  | {
      readonly kind: 'changed';
      readonly items: AsyncIterable<FeedRecord>;
      /** To keep with the records, once all of them were read. */
      readonly state: () => FeedState;
    };

export interface AdvisoryDependencies extends ThreatSync {
  readonly rescans: RescanBook;
  readonly imports: AdvisoryImports;
  /** Addresses of the feeds that are brought in by themselves; none, and only people bring them. */
  readonly feeds: readonly string[];
  /** An address may stand for several feeds. Throws where it does not answer. */
  readonly listFeeds: (address: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** What changed since `known`; throws, as its items do, where the feed can not be read to its end. */
  readonly openFeed: (address: string, known: FeedState | undefined, signal: AbortSignal) => Promise<OpenedFeed>;
  /** Starts what was requested. */
  readonly wakeStarter: () => Promise<void>;
}

export interface SyncReport {
  readonly activated: readonly EpochSummary[];
  /** Feeds that had nothing new. */
  readonly unchanged: readonly string[];
  /** Feeds whose epoch of before stays in force. */
  readonly failed: readonly { readonly source: string; readonly reason: string }[];
}

/** Records in one statement. */
const BATCH = 500;
const REJECTIONS_KEPT = 20;
/** Who brings in what the schedule does. */
const ACTOR = 'schedule';

export function createAdvisoryActivities(deps: AdvisoryDependencies) {
  const { rescans, feeds, wakeStarter } = deps;
  return withFailures({
    /** Heartbeats as it goes: a first rescan after an upgrade has everything to read. */
    async rescan(): Promise<RescanReport> {
      const context = Context.current();
      const report = await rescans.rescan((place) => context.heartbeat(place));
      if (report.incidents.length > 0) await wakeStarter();
      return report;
    },

    /** Decisions whose time is over, and when the next one ends. */
    async wakeDecisions(): Promise<WakeReport> {
      const context = Context.current();
      const report = await rescans.wakeDecisions((place) => context.heartbeat(place));
      if (report.ended > 0) await wakeStarter();
      return report;
    },

    /** One feed that fails keeps none of the others; the failure is an event and a row, and the next run tries again. */
    async syncAdvisories(): Promise<SyncReport> {
      const context = Context.current();
      const activated: EpochSummary[] = [];
      const unchanged: string[] = [];
      const failed: SyncReport['failed'][number][] = [];
      for (const address of feeds) {
        context.heartbeat(address);
        for (const source of await sourcesOf(deps, address, context.cancellationSignal)) {
          const outcome = await importFeed(deps, source, context.cancellationSignal, () => context.heartbeat(source));
          if (outcome === 'unchanged') unchanged.push(source);
          else if ('epoch' in outcome) activated.push(outcome);
          else failed.push(outcome);
        }
      }
      for await (const outcome of syncThreats(deps, context.cancellationSignal)) {
        context.heartbeat();
        if ('epoch' in outcome) activated.push(outcome);
        else failed.push(outcome);
      }
      if (activated.length > 0) await wakeStarter();
      return { activated, unchanged, failed };
    },
  });
}

/** An address that does not answer is tried as it is: that failure is written down. */
async function sourcesOf({ listFeeds }: AdvisoryDependencies, address: string, signal: AbortSignal) {
  return listFeeds(address, signal).catch(() => [address]);
}

async function importFeed(
  { imports, openFeed }: AdvisoryDependencies,
  source: string,
  signal: AbortSignal,
  progress: () => void,
): Promise<EpochSummary | 'unchanged' | SyncReport['failed'][number]> {
  let epoch: number | undefined;
  try {
    const opened = await openFeed(source, await imports.feedState(source), signal);
    if (opened.kind === 'unchanged') {
      await imports.confirm({ address: source, state: opened.state });
      return 'unchanged';
    }
    epoch = await imports.begin(source, ACTOR);
    const rejections = { count: 0, first: [] as Rejection[] };
    let stored = 0;
    for await (const { batch, rejected } of batchesOf(opened.items)) {
      const staged = await imports.stage(epoch, batch);
      stored += staged.stored;
      const all = [...rejected, ...staged.rejected.map(({ index, reason }) => ({ place: `record ${index}`, reason }))];
      rejections.count += all.length;
      rejections.first.push(...all.slice(0, REJECTIONS_KEPT - rejections.first.length));
      progress();
    }
    if (stored === 0) throw new Error('no record could be read');
    return await imports.activate(epoch, rejections, { feed: { address: source, state: opened.state() } });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the feed could not be read';
    // A feed that could not be opened is a failed import too: it is heard of like the others.
    await imports.fail(epoch ?? (await imports.begin(source, ACTOR)), reason);
    return { source, reason };
  }
}

async function* batchesOf(
  feed: AsyncIterable<FeedRecord>,
): AsyncGenerator<{ batch: unknown[]; rejected: Rejection[] }> {
  let batch: unknown[] = [];
  let rejected: Rejection[] = [];
  for await (const item of feed) {
    if (item.kind === 'record') batch.push(item.record);
    else rejected.push({ place: item.place, reason: item.reason });
    if (batch.length + rejected.length < BATCH) continue;
    yield { batch, rejected };
    batch = [];
    rejected = [];
  }
  yield { batch, rejected };
}

export type AdvisoryActivities = ReturnType<typeof createAdvisoryActivities>;
