import type { Ecosystem } from '../sbom/component.ts';
import type { FeedTimes } from './feed-age.ts';
import type { OsvRecord } from './osv-record.ts';

/** What a scan rests on: two states with the same digest give the same findings. */
export interface AdvisoryDatabaseState {
  readonly records: number;
  /** `sha256:<hex>` over the records, whatever order they came in. */
  readonly digest: string;
  /** Newest `modified` among the records; undefined where there are none. */
  readonly newest: string | undefined;
  /** RFC 3339; when records were last brought in, where that is known. */
  readonly syncedAt: string | undefined;
  /** Ecosystems there is at least one record of, without release, as OSV writes them. */
  readonly ecosystems: readonly string[];
  /** Of these, releases of distributions that there is, or was, a record of, as `distributionKey` has them: `Debian:12`. */
  readonly distributions: readonly string[];
  /** By ecosystem; absent where only the whole has an age. */
  readonly feeds?: FeedTimes;
}

/** Records by package. Implementations index by (ecosystem without release, normalised name), withdrawn records included. */
export interface AdvisoryDatabase {
  /**
   * Records that name one of the packages, under the names as they were given (any spelling). Names without records are
   * absent. Throws an AdvisoryDatabaseError where the database can not be read.
   */
  lookup(ecosystem: Ecosystem, names: readonly string[]): Promise<ReadonlyMap<string, readonly OsvRecord[]>>;
  state(): Promise<AdvisoryDatabaseState>;
}
