/** Advisories come in epochs: one import from one source, in force whole or not at all. */
import type { FeedState } from './feed-state.ts';

export interface Rejection {
  /** Which record: its line, its file. */
  readonly place: string;
  readonly reason: string;
}

export interface EpochSummary {
  readonly epoch: number;
  readonly added: number;
  readonly updated: number;
  readonly withdrawn: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface KnownFeed {
  readonly address: string;
  readonly state: FeedState;
}

/** What an import is of, beside its records. */
export interface BroughtFeed {
  /** Where to go on at its address, kept in the same transaction. */
  readonly feed?: KnownFeed;
  /** Whose own feeds they are, where the epoch's source does not say. */
  readonly ecosystems?: readonly string[];
  /** They came with this release: nobody brought a feed in, and no feed is young for them. */
  readonly isShipped?: true;
}

export interface AdvisoryImports {
  /** `source`: a file, a folder, an address without credentials. */
  begin(source: string, actor: string): Promise<number>;
  /** Parsed JSON of OSV records; nothing of it is in force yet. `rejected` says why, by position in the batch. */
  stage(
    epoch: number,
    records: readonly unknown[],
  ): Promise<{
    readonly stored: number;
    readonly rejected: readonly { readonly index: number; readonly reason: string }[];
  }>;
  /**
   * In one transaction: an older `modified` of a known id changes nothing. What it changed is matched by the rescan it asks for. The
   * epoch has another number from then on where a later one is in force already.
   */
  activate(
    epoch: number,
    rejections: { readonly count: number; readonly first: readonly Rejection[] },
    brought?: BroughtFeed,
  ): Promise<EpochSummary>;
  /** What was kept of an address; undefined where it was never brought in from. */
  feedState(address: string): Promise<FeedState | undefined>;
  /** An address has nothing new: the advisories are as of now, and it does not fail any more. */
  confirm(feed: KnownFeed): Promise<void>;
  /** The epoch before stays in force. `reason` is for people. */
  fail(epoch: number, reason: string): Promise<void>;
}
