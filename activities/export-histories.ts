/** Temporal forgets closed workflows; what they did is kept, a row and a body for each run. */
import { Context } from '@temporalio/activity';
import type { BlobStore } from '../domain/artifact/blob-store.ts';
import type { ClosedRunSource, HistoryBook, Pruned } from '../domain/history/closed-run.ts';
import type { HistoryRetention } from '../domain/history/history-retention.ts';
import { withFailures } from './failures.ts';
import { sayWhere } from './sign-of-life.ts';

export interface ExportReport {
  readonly exported: number;
  /** RFC 3339: every run that closed before is kept. */
  readonly through: string;
  /** Of those kept before, what need not be kept any more; absent in histories of before there was an end to it. */
  readonly pruned?: Pruned;
}

export interface ExportHistoriesDependencies {
  readonly source: ClosedRunSource;
  readonly book: HistoryBook;
  readonly blobs: BlobStore;
  readonly retention: HistoryRetention;
}

/** Temporal's list lags behind what closed: younger runs are left to the next export. */
const SETTLE_MS = 30_000;
/** Looked at again each time: a run that was listed late is not missed. */
const OVERLAP_MS = 300_000;
/** Of close times looked at before progress is recorded. */
const SLICE_MS = 3_600_000;

export function createExportHistoriesActivities(deps: ExportHistoriesDependencies) {
  return withFailures({
    /** Repeated, it goes on where it stopped. */
    async exportHistories(): Promise<ExportReport> {
      const { source, book } = deps;
      const now = await book.now();
      const retentionSeconds = await source.retentionSeconds();
      const until = now.getTime() - SETTLE_MS;
      let through = (await book.through())?.getTime() ?? until - retentionSeconds * 1000;
      let exported = 0;
      while (through < until) {
        const to = Math.min(through + SLICE_MS, until);
        exported += await exportSlice(deps, new Date(through - OVERLAP_MS), new Date(to));
        await book.advance(new Date(to), retentionSeconds);
        through = to;
      }
      const context = Context.current();
      const pruned = await book.prune(deps.retention, now, () => sayWhere(context, 'prune'));
      return { exported, through: new Date(through).toISOString(), pruned };
    },
  });
}

async function exportSlice(
  { source, book, blobs }: ExportHistoriesDependencies,
  from: Date,
  to: Date,
): Promise<number> {
  const context = Context.current();
  const kept = await book.kept(from, to);
  let exported = 0;
  for await (const run of source.closedBetween(from, to)) {
    sayWhere(context, run.workflowId);
    if (kept.has(run.runId)) continue;
    const history = await source.history(run);
    if (history === undefined) continue;
    const { digest } = await blobs.put(history, 'application/gzip');
    await book.keep(run, digest);
    exported += 1;
  }
  return exported;
}

export type ExportHistoriesActivities = ReturnType<typeof createExportHistoriesActivities>;
