/** Stopping the line, under the incident epoch: whoever is about to go live is waited for, whoever comes later finds it. */
import { type Selectable, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { LineDesk, LineOrder, LineStop } from '../../domain/promotion/line-desk.ts';
import { type Database, type Executor, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { requestWake } from './workflow-request.ts';

const ALL = '*';

export function createLineDesk(db: Database): LineDesk {
  return {
    stop: (order) => transact(db, (trx) => stopLine(trx, order)),
    resume: (order) => transact(db, (trx) => resumeLine(trx, order)),
    async list({ ended, limit }) {
      let query = db.selectFrom('line_stop').selectAll();
      if (!ended) query = query.where('resumed_at', 'is', null);
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toStop);
    },
  };
}

/** What stops this environment now; undefined where nothing does. Under the epoch, shared, it stays so until commit. */
export async function findLineStop(trx: Executor, environment: string): Promise<LineStop | undefined> {
  const row = await trx
    .selectFrom('line_stop')
    .selectAll()
    .where('resumed_at', 'is', null)
    .where((eb) => eb.or([eb('environment', 'is', null), eb('environment', '=', environment)]))
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toStop(row);
}

/** In a transaction of the caller's: waits for whoever shares the epoch. */
export async function stopLine(trx: Executor, { environment, reason, actor }: LineOrder): Promise<LineStop> {
  await advanceIncidentEpoch(trx);
  const standing = await inForce(trx, environment).selectAll().executeTakeFirst();
  if (standing !== undefined) return toStop(standing);
  const row = await trx
    .insertInto('line_stop')
    .values({ environment, reason, stopped_by: actor })
    .returningAll()
    .executeTakeFirstOrThrow();
  await announce(trx, 'stopped', toStop(row), { reason, actor });
  return toStop(row);
}

async function resumeLine(trx: Executor, { environment, reason, actor }: LineOrder): Promise<LineStop | undefined> {
  await advanceIncidentEpoch(trx);
  const found = await inForce(trx, environment).select('id').executeTakeFirst();
  if (found === undefined) return undefined;
  const row = await trx
    .updateTable('line_stop')
    .set({ resumed_by: actor, resume_reason: reason, resumed_at: sql<Date>`now()` })
    .where('id', '=', found.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await wakeWaiting(trx, environment);
  await announce(trx, 'resumed', toStop(row), { reason, actor });
  return toStop(row);
}

function inForce(trx: Executor, environment: string | null) {
  return trx
    .selectFrom('line_stop')
    .where('resumed_at', 'is', null)
    .where(sql<string>`coalesce(environment, ${ALL})`, '=', environment ?? ALL);
}

/** Told by the sweeper, within seconds. */
async function wakeWaiting(trx: Executor, environment: string | null): Promise<void> {
  let query = trx
    .selectFrom('promotion')
    .select(['environment', 'repository', 'digest'])
    .where('state', '=', 'waiting')
    .where(sql<string>`waiting_for->>'for'`, '=', 'stop');
  if (environment !== null) query = query.where('environment', '=', environment);
  for (const { environment: into, repository, digest } of await query.execute())
    await requestWake(trx, workflowIds.promotion(into, { repository, digest: digest as Digest }));
}

async function announce(
  trx: Executor,
  what: 'stopped' | 'resumed',
  { id, environment }: LineStop,
  { reason, actor }: Pick<LineOrder, 'reason' | 'actor'>,
): Promise<void> {
  await appendOutbox(trx, {
    subject: `line/${environment ?? ALL}`,
    step: `${what}/${id}`,
    type: `line.${what}`,
    actor,
    data: { environment, reason },
  });
}

function toStop(row: Selectable<Schema['line_stop']>): LineStop {
  const { id, environment, reason, resumed_by: by, resume_reason: why, resumed_at: at } = row;
  return {
    ...{ id, environment, reason, stoppedBy: row.stopped_by, stoppedAt: row.stopped_at.toISOString() },
    ...(by === null || why === null || at === null ? {} : { resumed: { by, reason: why, at: at.toISOString() } }),
  };
}
