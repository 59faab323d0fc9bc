/** Advisories come in, and what they change is found: the two halves of never being stale. */
import { Context } from '@temporalio/activity';
import type { AdvisoryImports, EpochSummary, Rejection } from '../domain/advisory/epoch.ts';
import type { RescanBook, RescanReport, WakeReport } from '../domain/advisory/rescan-book.ts';
import { withFailures } from './failures.ts';

/** One record of a feed, or what could not be read of it. */
export type FeedRecord =
  | { readonly kind: 'record'; readonly record: unknown }
  | { readonly kind: 'rejected'; readonly place: string; readonly reason: string };

export interface AdvisoryDependencies {
  readonly rescans: RescanBook;
  readonly imports: AdvisoryImports;
  /** Addresses of the feeds that are brought in by themselves; none, and only people bring them. */
  readonly feeds: readonly string[];
  /** Throws where the feed can not be read to its end. */
  readonly openFeed: (address: string, signal: AbortSignal) => AsyncIterable<FeedRecord>;
  /** Starts what was requested. */
  readonly wakeStarter: () => Promise<void>;
}

export interface SyncReport {
  readonly activated: readonly EpochSummary[];
  /** Feeds whose epoch of before stays in force. */
  readonly failed: readonly { readonly source: string; readonly reason: string }[];
}

/** Records in one statement. */
const BATCH = 500;
const REJECTIONS_KEPT = 20;

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
      const failed: SyncReport['failed'][number][] = [];
      for (const source of feeds) {
        context.heartbeat(source);
        const outcome = await importFeed(deps, source, context.cancellationSignal, () => context.heartbeat(source));
        if ('epoch' in outcome) activated.push(outcome);
        else failed.push(outcome);
      }
      if (activated.length > 0) await wakeStarter();
      return { activated, failed };
    },
  });
}

async function importFeed(
  { imports, openFeed }: AdvisoryDependencies,
  source: string,
  signal: AbortSignal,
  progress: () => void,
): Promise<EpochSummary | SyncReport['failed'][number]> {
  const epoch = await imports.begin(source, 'schedule');
  try {
    const rejections = { count: 0, first: [] as Rejection[] };
    let stored = 0;
    for await (const { batch, rejected } of batchesOf(openFeed(source, signal))) {
      const staged = await imports.stage(epoch, batch);
      stored += staged.stored;
      const all = [...rejected, ...staged.rejected.map(({ index, reason }) => ({ place: `record ${index}`, reason }))];
      rejections.count += all.length;
      rejections.first.push(...all.slice(0, REJECTIONS_KEPT - rejections.first.length));
      progress();
    }
    if (stored === 0) throw new Error('no record could be read');
    return await imports.activate(epoch, rejections);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the feed could not be read';
    await imports.fail(epoch, reason);
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
