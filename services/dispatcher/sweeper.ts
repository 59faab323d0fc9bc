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
/** Temporal keeps what it was told: only where it lost that must it be told again, and each time costs a signal. */
const TOLD_AGAIN_MS = 300_000;

export function createSweeper({ db, starter, onError }: SweeperOptions) {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let told = new Map<string, number>();
  const sweepGenerations = async () => {
    const result = await sql<{ repository: string; digest: Digest; generation: number }>`
      select repository, digest, generation from generation
      where (state = 'pending' and created_at < now() - make_interval(secs => ${REQUEST_AGE_SECONDS}))
         or (state = 'claimed' and claimed_at < now() - make_interval(secs => ${CLAIM_AGE_SECONDS}))
      order by created_at limit ${BATCH}`.execute(db);
    const before = told;
    told = new Map();
    for (const { repository, digest, generation } of result.rows) {
      const name = `${repository}@${digest}#${generation}`;
      const at = before.get(name) ?? Number.NEGATIVE_INFINITY;
      if (Date.now() - at < TOLD_AGAIN_MS) told.set(name, at);
      // One that can not be started keeps none of the others.
      else
        await starter.startPipeline({ repository, digest }, generation).then(() => told.set(name, Date.now()), onError);
    }
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
