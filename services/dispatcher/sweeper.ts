/** Starts what was recorded and not started: a crash between a commit and a start loses nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../adapters/postgres/database.ts';
import type { WorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import type { Digest } from '../../domain/artifact/digest.ts';

export interface SweeperOptions {
  readonly db: Database;
  readonly starter: WorkflowStarter;
  readonly onError: (error: unknown) => void;
}

const INTERVAL_MS = 2000;
/** Younger ones are left to whoever just wrote them. */
const REQUEST_AGE_SECONDS = 3;
/** A claimed generation whose run was lost, with Temporal's memory of it, is started again after this. */
const CLAIM_AGE_SECONDS = 900;
const BATCH = 200;

export function createSweeper({ db, starter, onError }: SweeperOptions) {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const sweepGenerations = async () => {
    const result = await sql<{ repository: string; digest: Digest; generation: number }>`
      select repository, digest, generation from generation
      where (state = 'pending' and created_at < now() - make_interval(secs => ${REQUEST_AGE_SECONDS}))
         or (state = 'claimed' and claimed_at < now() - make_interval(secs => ${CLAIM_AGE_SECONDS}))
      order by created_at limit ${BATCH}`.execute(db);
    for (const { repository, digest, generation } of result.rows)
      await starter.startPipeline({ repository, digest }, generation);
  };
  return {
    start() {
      running = (async () => {
        while (!stopping.signal.aborted) {
          await starter.sweep(REQUEST_AGE_SECONDS).catch(onError);
          await sweepGenerations().catch(onError);
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
