import { type Kysely, sql } from 'kysely';

/** What every step towards an environment pays for, at less; and which stocks run, also where two places of one change at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- First its few stocks are locked, whatever the planner thinks of the tables: before there were statistics it asked of every stock
    -- there is whether it runs. Then they are looked at, by a statement that sees what whoever held them has committed.
    create or replace function mark_live_stocks(p_digest text) returns void language plpgsql volatile as $$
    declare v_stocks integer[];
    begin
      select array_agg(held.id) into v_stocks from (
        select s.id from stock s where s.digest = any(array(select stock from artifact_contents where digest = p_digest))
        order by s.id for no key update) held;
      update stock s set live = not s.live where s.id = any(v_stocks) and s.live <> is_stock_live(s.digest);
    end $$;

    -- The subject's number is taken at once, and given back where the step was written before: nearly all are new.
    create or replace function append_outbox(p_subject text, p_step text, p_type text, p_actor text, p_data jsonb, p_trace text)
    returns bigint language plpgsql as $$
    declare next_sequence bigint;
    begin
      insert into outbox_subject as s (subject, last_sequence) values (p_subject, 1)
        on conflict (subject) do update set last_sequence = s.last_sequence + 1 returning last_sequence into next_sequence;
      insert into outbox (subject, sequence, type, actor, data, step, trace, shard)
        values (p_subject, next_sequence, p_type, p_actor, p_data, p_step, p_trace, hashtext(p_subject) & 15)
        on conflict (subject, step) do nothing;
      if found then return next_sequence; end if;
      update outbox_subject set last_sequence = next_sequence - 1 where subject = p_subject;
      return null;
    end $$;
  `.execute(db);
}
