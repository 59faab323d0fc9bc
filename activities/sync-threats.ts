/** What is known of attacks, brought in by the schedule: each table whole, or the one before stays. */
import type { AdvisoryImports, EpochSummary } from '../domain/advisory/epoch.ts';
import type { ThreatImports, ThreatTable } from '../domain/advisory/threat-imports.ts';

export interface ThreatSync {
  readonly imports: Pick<AdvisoryImports, 'begin' | 'fail'>;
  readonly threats: ThreatImports;
  /** Addresses of CISA's catalogue and of EPSS tables. */
  readonly threatFeeds: readonly string[];
  /** Throws where the address does not answer, or gives neither. */
  readonly readThreatFeed: (
    address: string,
    signal: AbortSignal,
  ) => Promise<{ readonly table: ThreatTable; readonly rejected: number }>;
}

export type ThreatOutcome = EpochSummary | { readonly source: string; readonly reason: string };

/** One that fails keeps none of the others; the failure is an event and a row, as that of a feed of advisories. */
export async function* syncThreats(
  { imports, threats, threatFeeds, readThreatFeed }: ThreatSync,
  signal: AbortSignal,
): AsyncGenerator<ThreatOutcome> {
  for (const source of threatFeeds) {
    const epoch = await imports.begin(source, 'schedule');
    try {
      const { table, rejected } = await readThreatFeed(source, signal);
      yield await threats.activate(epoch, table, { count: rejected, first: [] });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'the feed could not be read';
      await imports.fail(epoch, reason);
      yield { source, reason };
    }
  }
}
