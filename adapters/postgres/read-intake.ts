/** Events that came in, and records nobody could decode. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';

export interface IntakeRow {
  id: string;
  source: string;
  type: string;
  subject: string | null;
  generation: number | null;
  outcome: 'started' | 'joined' | 'dropped';
  reason: string;
  tag: string | null;
  trace: string | null;
  occurredAt: string;
  recordedAt: string;
}

/** A dead letter without its body: what outsiders sent is shown to nobody, only replayed. */
export interface DeadLetterRow {
  id: number;
  topic: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  bytes: number;
  createdAt: string;
  replayedAt: string | null;
  replayedBy: string | null;
}

/** The record as it came. */
export interface DeadLetterRecord {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Last recorded first. */
export async function listIntake(
  db: Database,
  filter: { readonly subject: string | undefined; readonly outcome: IntakeRow['outcome'] | undefined },
  page: PageRequest,
): Promise<Page<IntakeRow>> {
  let query = db.selectFrom('intake').selectAll().select(exactTime('recorded_at').as('position'));
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  if (page.after !== undefined) {
    const [at, id] = page.after;
    query = query.where(sql<boolean>`(recorded_at, event_id) < (${at}::timestamptz, ${id})`);
  }
  const rows = await query
    .orderBy('recorded_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(
    rows,
    page,
    (row) => [row.position, row.event_id],
    ({ event_id, occurred_at, recorded_at, position: _, ...row }) => ({
      id: event_id,
      ...row,
      occurredAt: occurred_at.toISOString(),
      recordedAt: recorded_at.toISOString(),
    }),
  );
}

/** Newest first. */
export async function listDeadLetters(db: Database, page: PageRequest): Promise<Page<DeadLetterRow>> {
  let query = db
    .selectFrom('dead_letter')
    .select(['id', 'topic', 'partition', 'record_offset', 'code', 'reason', 'created_at', 'replayed_at', 'replayed_by'])
    .select(sql<number>`coalesce(octet_length(record_value), 0)`.as('bytes'));
  if (page.after !== undefined) query = query.where(sql<boolean>`id < ${page.after[0]}::bigint`);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(
    rows,
    page,
    (row) => [String(row.id)],
    ({ record_offset, created_at, replayed_at, replayed_by, ...row }) => ({
      ...row,
      offset: record_offset,
      createdAt: created_at.toISOString(),
      replayedAt: replayed_at?.toISOString() ?? null,
      replayedBy: replayed_by,
    }),
  );
}

export async function readDeadLetter(db: Database, id: number): Promise<DeadLetterRecord | undefined> {
  const row = await db
    .selectFrom('dead_letter')
    .select(['topic', 'record_key', 'record_value', 'headers'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const empty = Buffer.alloc(0);
  return { topic: row.topic, key: row.record_key ?? empty, value: row.record_value ?? empty, headers: row.headers };
}

/** After the record is in its topic again. Of several replays the row shows the last; each is an event of its own. */
export async function markReplayed(db: Database, id: number, by: string): Promise<void> {
  await transact(db, async (trx) => {
    const { topic, code } = await trx
      .updateTable('dead_letter')
      .set({ replayed_at: sql<Date>`now()`, replayed_by: by })
      .where('id', '=', id)
      .returning(['topic', 'code'])
      .executeTakeFirstOrThrow();
    await appendOutbox(trx, {
      ...{ subject: `dead-letter/${id}`, step: `replayed/${randomUUID()}`, type: 'dead-letter.replayed', actor: by },
      data: { id, topic, code },
    });
  });
}
