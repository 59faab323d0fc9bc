import { type RawBuilder, sql } from 'kysely';
import type { Pruned } from '../../domain/history/closed-run.ts';
import {
  type HistoryRetention,
  lastingKinds,
  routineKinds,
  routineMaximumAge,
} from '../../domain/history/history-retention.ts';
import { type Database, transact } from './database.ts';

/** Rows of one transaction: seconds at most, and a body of most is a few kilobytes. */
const TOGETHER = 500;

/** As `HistoryBook.prune` says. */
export async function pruneHistories(
  db: Database,
  retention: HistoryRetention,
  now: Date,
  progress: () => void,
): Promise<Pruned> {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const isOld = sql`closed_at < ${before(retention.maximumAge)}`;
  const runs = await inRounds(db, progress, (trx) => dropRoutine(trx, before(routineMaximumAge)));
  let bodies = await inRounds(db, progress, (trx) => dropBodies(trx, isOld));
  const { maximumBytes } = retention;
  if (maximumBytes !== undefined)
    bodies += await inRounds(db, progress, (trx) => dropBodies(trx, isBeyond(maximumBytes)));
  return { runs, bodies };
}

async function inRounds(db: Database, progress: () => void, drop: (trx: Database) => Promise<number>): Promise<number> {
  for (let all = 0; ; ) {
    const dropped = await transact(db, drop);
    progress();
    all += dropped;
    if (dropped < TOGETHER) return all;
  }
}

async function dropRoutine(trx: Database, before: Date): Promise<number> {
  const { rows } = await sql<{ history: string | null }>`
    delete from workflow_history where run_id in (
      select run_id from workflow_history
      where closed_at < ${before} and status = 'COMPLETED' and kind = any(${[...routineKinds]}::text[])
      order by closed_at limit ${TOGETHER})
    returning history`.execute(trx);
  await dropBlobs(trx, rows);
  return rows.length;
}

/**
 * The body goes, and the row says what it was. Kept whole are runs of kinds that last, and what is about an artifact that is in an
 * environment, or that an incident ever named.
 */
async function dropBodies(trx: Database, condition: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ history: string | null }>`
    with gone as (
      select run_id, history from workflow_history h
      where history is not null and ${condition} and kind <> all(${[...lastingKinds]}::text[])
        and not exists (select from placement p where p.digest = right(h.workflow_id, 71) and p.state = 'live')
        and not exists (select from incident_subject s where s.digest = right(h.workflow_id, 71))
      order by closed_at, run_id limit ${TOGETHER}
    )
    update workflow_history h set history = null, pruned_digest = gone.history, pruned_at = now()
    from gone where gone.run_id = h.run_id returning gone.history`.execute(trx);
  await dropBlobs(trx, rows);
  return rows.length;
}

/** What is older than the newest bodies that fit together. */
function isBeyond(maximumBytes: number): RawBuilder<unknown> {
  return sql`run_id in (
    select run_id from (
      select h.run_id, sum(b.size) over (order by h.closed_at desc, h.run_id desc) as together
      from workflow_history h join blob b on b.digest = h.history
    ) as newest where together > ${maximumBytes})`;
}

/** Two runs may have had the same body. */
async function dropBlobs(trx: Database, rows: readonly { readonly history: string | null }[]): Promise<void> {
  const digests = rows.flatMap(({ history }) => history ?? []);
  await sql`
    delete from blob b where b.digest = any(${digests}::text[])
      and not exists (select from workflow_history h where h.history = b.digest)`.execute(trx);
}
