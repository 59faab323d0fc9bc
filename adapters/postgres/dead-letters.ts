import type { Database } from './database.ts';

/** Keeps what no consumer could decode where people find it; the same record twice is one row. */
export async function recordDeadLetter(
  db: Database,
  letter: {
    readonly record: {
      readonly topic: string;
      readonly partition: number;
      readonly offset: string;
      readonly key: Buffer | null;
      readonly value: Buffer;
      readonly headers: Readonly<Record<string, string>>;
    };
    readonly code: string;
    readonly reason: string;
  },
): Promise<void> {
  const { record, code, reason } = letter;
  await db
    .insertInto('dead_letter')
    .values({
      topic: record.topic,
      partition: record.partition,
      record_offset: Number(record.offset),
      record_key: record.key,
      record_value: record.value,
      headers: JSON.stringify(record.headers),
      code,
      reason,
      replayed_by: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
