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

/** Writes an event in the transaction that made it happen. The relay publishes it after commit. */
export async function appendOutbox(executor: Executor, entry: OutboxEntry): Promise<void> {
  await sql`select append_outbox(${entry.subject}, ${entry.step}, ${entry.type}, ${entry.actor}, ${JSON.stringify(entry.data)}::jsonb, ${entry.trace ?? null})`.execute(
    executor,
  );
}
