import { type Kysely, sql } from 'kysely';

/**
 * A topic that is made again counts from 0: at the offset of an older letter is another record. One that comes again has the same
 * bytes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create unique index dead_letter_record
      on dead_letter (topic, partition, record_offset, sha256(coalesce(record_value, '')));
    alter table dead_letter drop constraint dead_letter_topic_partition_record_offset_key;
  `.execute(db);
}
