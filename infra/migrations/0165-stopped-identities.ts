import { type Kysely, sql } from 'kysely';

/** An identity of ours that is revoked gets nothing recorded, as a key that is: else as 0037 has it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function append_key_uses(p_actor text, p_uses jsonb)
    returns table (place bigint, at_text text, hash text, stopped text) language plpgsql volatile as $$
    declare
      head key_use_head;
      item jsonb;
      told text;
      moment timestamptz;
      next_hash text;
    begin
      select * into head from key_use_head for update;
      for item in select value from jsonb_array_elements(p_uses) loop
        select k.state into told from own_key k
          where 'key:' || k.key_id = item->>'identity' and k.state in ('retired', 'revoked');
        if told is null then
          select 'revoked' into told from own_identity o join revocation r on r.kind = 'signer' and r.value = o.name
            where o.name = item->>'identity';
        end if;
        if told is not null then
          place := null; at_text := null; hash := null; stopped := told;
          return next;
          continue;
        end if;
        moment := greatest(clock_timestamp(), head.at);
        at_text := to_char(moment at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
        place := head.position + 1;
        next_hash := encode(sha256(convert_to(concat_ws(E'\n', head.hash, place, at_text, p_actor, item->>'key', item->>'identity',
          item->>'statement', item->>'subject', item->>'signed', item->>'signature', item->>'workflow', item->>'run'), 'UTF8')), 'hex');
        insert into key_use (position, at, actor, key, identity, statement, subject, signed, signature, workflow, run, previous, hash)
          values (place, moment, p_actor, item->>'key', item->>'identity', item->>'statement', item->>'subject', item->>'signed',
            item->>'signature', item->>'workflow', item->>'run', head.hash, next_hash);
        head.position := place; head.at := moment; head.hash := next_hash;
        hash := next_hash; stopped := null;
        return next;
      end loop;
      update key_use_head h set position = head.position, at = head.at, hash = head.hash where h.position < head.position;
    end $$;`.execute(db);
}
