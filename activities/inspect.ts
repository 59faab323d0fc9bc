/** The heavy step: stock of every platform, and its scan against the advisory database. */
import { Context } from '@temporalio/activity';
import type { AdvisoryDatabase } from '../domain/advisory/database.ts';
import { scanComponents } from '../domain/advisory/scan-components.ts';
import { platformName } from '../domain/artifact/descriptor.ts';
import type { Digest } from '../domain/artifact/digest.ts';
import type { GenerationLedger } from '../domain/artifact/generation-ledger.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import type { StockTaker } from '../domain/catalog/stock-taker.ts';
import type { StockBook } from '../domain/policy/verdict-book.ts';
import { withFailures } from './failures.ts';

export interface InspectDependencies {
  readonly stockTaker: StockTaker;
  readonly stocks: StockBook;
  readonly generations: GenerationLedger;
  readonly advisories: AdvisoryDatabase;
}

/** Counts only: the documents stay behind their references. */
export interface Inspection {
  readonly platforms: number;
  readonly components: number;
  readonly findings: number;
  readonly complete: boolean;
}

export function createInspectActivities({ stockTaker, stocks, generations, advisories }: InspectDependencies) {
  /** Scans once per content and state of the database; returns how much was found. */
  const scanStock = async (stock: Digest, database: string): Promise<number> => {
    const known = await stocks.scan(stock, database);
    if (known !== undefined) return known.result.findings.length;
    const result = await scanComponents((await stocks.stock(stock)).components, advisories);
    await stocks.recordScan(stock, result);
    return result.findings.length;
  };
  return withFailures({
    async inspect({ repository, digest }: ArtifactKey): Promise<Inspection> {
      const context = Context.current();
      const progress = (place: string) => context.heartbeat(place);
      const taken = await stockTaker.take(repository, digest, { signal: context.cancellationSignal, progress });
      for (const platform of taken)
        await generations.recordContent({
          digest: platform.digest,
          config: platform.config,
          diffIds: platform.diffIds,
          created: platform.created,
        });
      const stored = await stocks.record(
        digest,
        taken.map((platform) => ({
          digest: platform.digest,
          platform: platform.platform === undefined ? 'unknown' : platformName(platform.platform),
          stock: platform.stock,
          failure: undefined,
        })),
      );
      const { digest: database } = await advisories.state();
      let findings = 0;
      for (const [position, { stock }] of stored.entries()) {
        if (stock === undefined) continue;
        progress(`scan ${position + 1} of ${stored.length}`);
        findings += await scanStock(stock, database);
      }
      return {
        platforms: taken.length,
        components: taken.reduce((sum, { stock }) => sum + stock.components.length, 0),
        findings,
        complete: taken.length > 0 && taken.every(({ stock }) => stock.complete),
      };
    },
  });
}

export type InspectActivities = ReturnType<typeof createInspectActivities>;
