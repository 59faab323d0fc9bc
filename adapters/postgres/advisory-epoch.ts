/** What every import has in common, whatever it brings: one at a time, ended once, told of, and looked at by the rescan. */
import { sql, type Transaction } from 'kysely';
import type { EpochSummary, Rejection } from '../../domain/advisory/epoch.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

/** Of one epoch, kept with it. */
const REJECTIONS_KEPT = 20;

/** Outcome events about advisories have this subject. */
export const advisoriesSubject = 'advisories';

/** An epoch that is being brought in. */
export interface HeldEpoch {
  /** That of its import, or a later one: rescans go through epochs in the order in which they come into force. */
  readonly id: number;
  readonly source: string;
  readonly actor: string;
}

/** Waits for another import, however long that takes. Throws where the epoch has ended. */
export async function holdEpoch(trx: Trx, id: number): Promise<HeldEpoch> {
  await sql`set local lock_timeout = '5min'`.execute(trx);
  await sql`select pg_advisory_xact_lock(hashtext('pratique advisories'))`.execute(trx);
  const { rows } = await sql<Omit<HeldEpoch, 'id'> & { state: string; overtaken: boolean }>`
    select e.state, e.source, e.actor, greatest(a.epoch, r.through) >= e.id as overtaken
    from advisory_epoch e, advisory_state a, rescan_state r where e.id = ${id}`.execute(trx);
  const [held] = rows;
  if (held?.state !== 'importing') throw new Error(`epoch ${id} of advisories has ended: import again`);
  const { source, actor, overtaken } = held;
  return { id: overtaken ? await renumber(trx, id) : id, source, actor };
}

/** A later import came into force before it: a rescan that went through that one would never look at this. */
async function renumber(trx: Trx, id: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into advisory_epoch (source, actor, started_at)
    select source, actor, started_at from advisory_epoch where id = ${id} returning id`.execute(trx);
  const next = rows[0]?.id ?? id;
  await sql`update advisory_staged set epoch = ${next} where epoch = ${id}`.execute(trx);
  await sql`delete from advisory_epoch where id = ${id}`.execute(trx);
  return next;
}

/** In force, and told of. `kind`: of what takes the place of a whole table. */
export async function endEpoch(
  trx: Trx,
  { id, source, actor }: HeldEpoch,
  summary: EpochSummary,
  brought: {
    readonly digest: string;
    readonly records: number;
    readonly rejections: readonly Rejection[];
    readonly kind?: 'kev' | 'epss';
  },
): Promise<void> {
  const { epoch: _, ...counts } = summary;
  const { rejections, ...about } = brought;
  await trx
    .updateTable('advisory_epoch')
    .set({
      ...{ ...about, ...counts, state: 'active', ended_at: sql<Date>`now()` },
      rejections: JSON.stringify(rejections.slice(0, REJECTIONS_KEPT)),
    })
    .where('id', '=', id)
    .execute();
  await appendOutbox(trx, {
    ...{ subject: advisoriesSubject, step: `epoch/${id}`, type: 'advisories.activated', actor },
    data: { ...summary, ...about, source },
  });
}
