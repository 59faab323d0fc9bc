import type { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { shape } from './generate-portfolio.ts';

/** Records in one call, as the gateway stages them. */
const BATCH = 1000;

/** An OSV record about versions of one package of npm. */
export function findRecord(id: string, name: string, versions: readonly string[]): Record<string, unknown> {
  return {
    ...{ id, modified: '2026-01-01T00:00:00Z', summary: 'of the bench' },
    affected: [{ package: { ecosystem: 'npm', name }, versions, database_specific: { severity: 'HIGH' } }],
  };
}

/** A feed about the portfolio's libraries but for the hundred most used: of each the first versions, by a range. */
export function makeFeed(records: number): Record<string, unknown>[] {
  return Array.from({ length: records }, (_, index) => ({
    ...{ id: `BENCH-FEED-${index}`, modified: '2026-01-01T00:00:00Z', summary: 'of the feed of the bench' },
    affected: [
      {
        package: { ecosystem: 'npm', name: `library-${100 + (index % (shape.libraries - 100))}` },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: `1.${1 + (index % 5)}.0` }] }],
        database_specific: { severity: 'MODERATE' },
      },
    ],
  }));
}

/** Brings them in as an epoch. */
export async function importRecords(
  imports: ReturnType<typeof createAdvisoryImports>,
  records: readonly Record<string, unknown>[],
): Promise<void> {
  const epoch = await imports.begin('bench', 'bench');
  for (let start = 0; start < records.length; start += BATCH)
    await imports.stage(epoch, records.slice(start, start + BATCH));
  await imports.activate(epoch, { count: 0, first: [] });
}
