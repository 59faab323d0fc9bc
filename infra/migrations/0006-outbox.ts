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

    -- The row of the subject is locked before its sequence is read, so that order of sequence is order of commit.
    -- A step that was written before changes nothing and returns null.
    create function append_outbox(p_subject text, p_step text, p_type text, p_actor text, p_data jsonb, p_trace text)
    returns bigint language plpgsql as $$
    declare next_sequence bigint;
    begin
      insert into outbox_subject (subject, last_sequence) values (p_subject, 0)
        on conflict (subject) do update set last_sequence = outbox_subject.last_sequence
        returning last_sequence + 1 into next_sequence;
      if exists (select 1 from outbox where subject = p_subject and step = p_step) then
        return null;
      end if;
      insert into outbox (subject, sequence, type, actor, data, step, trace, shard)
        values (p_subject, next_sequence, p_type, p_actor, p_data, p_step, p_trace, abs(hashtext(p_subject)) % 16);
      update outbox_subject set last_sequence = next_sequence where subject = p_subject;
      return next_sequence;
    end $$;
  `.execute(db);
}
