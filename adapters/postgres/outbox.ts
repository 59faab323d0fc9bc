import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface OutboxEntry {
  /** `<repository>@<digest>`, `incident/<id>`: order is kept per subject. */
  readonly subject: string;
  /** Business key: the same step written twice is written once. */
  readonly step: string;
  /** `promotion.live`, `artifact.judged`, … */
  readonly type: string;
  /** Who did it: a token's subject, or `system`. */
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly trace?: string | null | undefined;
}

/** Writes several events as `appendOutbox` writes one, in their order, and at once: for many of one cause. */
export async function appendOutboxAll(executor: Executor, entries: readonly OutboxEntry[]): Promise<void> {
  const rows = entries.map((entry) => ({ ...entry, trace: entry.trace ?? null }));
  await sql`
    select append_outbox(e.subject, e.step, e.type, e.actor, e.data, e.trace)
    from (select * from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as (subject text, step text, type text, actor text, data jsonb, trace text)) with ordinality
      as e(subject, step, type, actor, data, trace, position) order by position) e`.execute(executor);
}

/** Writes an event in the transaction that made it happen. The relay publishes it after commit. */
export async function appendOutbox(executor: Executor, entry: OutboxEntry): Promise<void> {
  await sql`select append_outbox(${entry.subject}, ${entry.step}, ${entry.type}, ${entry.actor}, ${JSON.stringify(entry.data)}::jsonb, ${entry.trace ?? null})`.execute(
    executor,
  );
}
