/** Histories of closed workflows, kept as evidence before Temporal forgets them: the ports of the export. */
import type { Digest } from '../artifact/digest.ts';
import type { HistoryRetention } from './history-retention.ts';

export interface ClosedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** The workflow's type: `promotion`, `quarantine`, … */
  readonly kind: string;
  /** `COMPLETED`, `FAILED`, `TERMINATED`, … */
  readonly status: string;
  readonly closedAt: Date;
}

export interface ClosedRunSource {
  /** How long a closed run is remembered. */
  retentionSeconds(): Promise<number>;
  closedBetween(from: Date, to: Date): AsyncIterable<ClosedRun>;
  /** Gzipped JSON, as Temporal's tools read it; undefined where it was forgotten meanwhile. */
  history(run: ClosedRun): Promise<Uint8Array | undefined>;
}

export interface HistoryBook {
  /** By the one clock that all workers share: theirs may be ahead, and what closes until then would count as kept. */
  now(): Promise<Date>;
  /** Every run that closed before this is kept; undefined before the first export, and where it is a time that is still to come. */
  through(): Promise<Date | undefined>;
  /** Ids of the runs kept that closed in between. */
  kept(from: Date, to: Date): Promise<ReadonlySet<string>>;
  keep(run: ClosedRun, history: Digest): Promise<void>;
  advance(through: Date, retentionSeconds: number): Promise<void>;
  /** Drops what need not be kept any more; some at a time, until nothing is left to drop. Safe to repeat. */
  prune(retention: HistoryRetention, now: Date, progress: () => void): Promise<Pruned>;
}

/** What one round of pruning dropped. */
export interface Pruned {
  /** Runs whose row and body are gone. */
  readonly runs: number;
  /** Runs whose body is gone, and whose row says what it was. */
  readonly bodies: number;
}
