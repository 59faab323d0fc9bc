/** The heavy step: stock of every platform, and its scan against the advisory database. */
import { Context } from '@temporalio/activity';
import { platformName } from '../domain/artifact/descriptor.ts';
import type { GenerationLedger } from '../domain/artifact/generation-ledger.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import type { StockTaker } from '../domain/catalog/stock-taker.ts';
import type { StockBook } from '../domain/policy/verdict-book.ts';
import { withFailures } from './failures.ts';
import { createSignOfLife } from './sign-of-life.ts';

export interface InspectDependencies {
  readonly stockTaker: StockTaker;
  readonly stocks: StockBook;
  readonly generations: GenerationLedger;
}

/** Counts only: the documents stay behind their references. */
export interface Inspection {
  readonly platforms: number;
  readonly components: number;
  readonly findings: number;
  readonly complete: boolean;
}

export function createInspectActivities({ stockTaker, stocks, generations }: InspectDependencies) {
  return withFailures({
    async inspect({ repository, digest }: ArtifactKey): Promise<Inspection> {
      const context = Context.current();
      const progress = createSignOfLife(context);
      const taken = await stockTaker.take(repository, digest, { signal: context.cancellationSignal, progress });
      for (const platform of taken) {
        // Of one level, the pipeline has recorded what is in the index.
        if (platform.within.length > 1) await generations.recordNesting([...platform.within, platform.digest]);
        await generations.recordContent({
          digest: platform.digest,
          config: platform.config,
          diffIds: platform.diffIds,
          created: platform.created,
        });
      }
      const stored = await stocks.record(
        digest,
        taken.map((platform) => ({
          digest: platform.digest,
          platform: platform.platform === undefined ? 'unknown' : platformName(platform.platform),
          stock: platform.stock,
          failure: undefined,
        })),
      );
      let findings = 0;
      for (const [position, { stock }] of stored.entries()) {
        if (stock === undefined) continue;
        progress(`scan ${position + 1} of ${stored.length}`);
        findings += await stocks.scanStock(stock);
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
