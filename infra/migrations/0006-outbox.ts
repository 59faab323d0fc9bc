import { type Kysely, sql } from 'kysely';

/** What happened, in order per subject: written in the transaction that made it happen, relayed to Kafka afterwards. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table outbox_subject (subject text primary key, last_sequence bigint not null);
    create table outbox (
      id bigint generated always as identity primary key,
      subject text not null,
      sequence bigint not null,
      type text not null,
      actor text not null,
      data jsonb not null,
      -- Business key of the step that wrote it: a retried activity writes it once.
      step text not null,
      trace text,
      shard smallint not null,
      created_at timestamptz not null default clock_timestamp(),
      published_at timestamptz,
      unique (subject, sequence),
      unique (subject, step)
    );
    create index outbox_unpublished on outbox (shard, id) where published_at is null;
  `.execute(db);
}
