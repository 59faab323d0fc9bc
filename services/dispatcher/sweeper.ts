/** Starts what was recorded and not started: a crash between a commit and a start loses nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../adapters/postgres/database.ts';
import type { WorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import { createGenerationSweep } from './sweep-generations.ts';

export interface SweeperOptions {
  readonly db: Database;
  readonly starter: WorkflowStarter;
  /** Requests again what no run works on any more. */
  readonly sweepLost: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

const INTERVAL_MS = 2000;
/** Sweeps from one look for lost runs to the next. */
const LOST_EVERY = 10;
/** Younger ones are left to whoever just wrote them. */
const REQUEST_AGE_SECONDS = 3;

export function createSweeper({ db, starter, sweepLost, onError }: SweeperOptions) {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const sweepGenerations = createGenerationSweep({ db, starter, onError });
  return {
    start() {
      running = (async () => {
        for (let sweeps = 1; !stopping.signal.aborted; sweeps += 1) {
          await starter.sweep(REQUEST_AGE_SECONDS).catch(onError);
          await sweepGenerations().catch(onError);
          if (sweeps % LOST_EVERY === 0) await sweepLost().catch(onError);
          await delay(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      })();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
