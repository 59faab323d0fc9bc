import type { EpochSummary, Rejection } from './epoch.ts';
import type { Epss, KnownExploited } from './threat.ts';

/** A whole table of what is known of attacks, by CVE: what is not in it any more is not known any more. */
export type ThreatTable =
  | { readonly kind: 'kev'; readonly entries: ReadonlyMap<string, KnownExploited> }
  | { readonly kind: 'epss'; readonly entries: ReadonlyMap<string, Epss> };

/** Imports of it are epochs as those of advisories are: `AdvisoryImports` begins them, and ends those that fail. */
export interface ThreatImports {
  /** In one transaction. What it changes in the catalogue of known exploited vulnerabilities is found by the rescan it asks for. */
  activate(
    epoch: number,
    table: ThreatTable,
    rejections: { readonly count: number; readonly first: readonly Rejection[] },
  ): Promise<EpochSummary>;
}
