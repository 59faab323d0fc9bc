import { type Kysely, sql } from 'kysely';

/** Claims that are given up stay on record; purls are searched by prefix in any locale; every subject has a shard. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- An undo that is tried again must learn again what its claim made.
    alter table placement_claim add column released_at timestamptz;

    -- Prefix ranges are ranges of bytes only in this collation; a selector must not miss a purl because of the locale.
    create index component_purl_bytes on component (purl collate "C");

    -- abs() of the smallest hash has no result: the mask has.
    create or replace function append_outbox(p_subject text, p_step text, p_type text, p_actor text, p_data jsonb, p_trace text)
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
        values (p_subject, next_sequence, p_type, p_actor, p_data, p_step, p_trace, hashtext(p_subject) & 15);
      update outbox_subject set last_sequence = next_sequence where subject = p_subject;
      return next_sequence;
    end $$;
  `.execute(db);
}
