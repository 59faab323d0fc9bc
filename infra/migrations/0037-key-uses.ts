import { type Kysely, sql } from 'kysely';

/**
 * Every use of a key of ours, in one chain: each record holds the hash of the one before, the head is signed by a key that signs
 * nothing else. A signature leaves the trust worker only when it is in here, and a key that is retired or revoked gets none in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- trusted: the newest of its name signs. retiring: what it signed counts, and it signs no more than what is under way.
    alter table own_key
      add column state text not null default 'trusted' check (state in ('trusted', 'retiring', 'retired', 'revoked')),
      add column ended_at timestamptz,
      -- Of a file in the folder of the trust worker, without its ending; or where else the key is held.
      add column file text,
      add column reference text;
    update own_key k set state = 'retired', ended_at = now()
      where exists (select 1 from own_key newer where newer.name = k.name and newer.first_seen > k.first_seen);

    create table key_use (
      position bigint primary key,
      at timestamptz not null,
      actor text not null,
      key text not null,
      identity text not null,
      statement text not null,
      subject text not null,
      -- SHA-256, in hex, of the bytes that were signed, and of the signature.
      signed text not null,
      signature text not null,
      workflow text not null,
      run text not null,
      previous text not null,
      hash text not null,
      check (concat(actor, key, identity, statement, subject, signed, signature, workflow, run) !~ '[\n\r]')
    );
    create index key_use_identity on key_use (identity, position desc);
    create index key_use_subject on key_use (subject, position desc);
    create index key_use_signature on key_use (signature);
    create table key_use_head (
      id boolean primary key default true check (id),
      position bigint not null default 0,
      at timestamptz not null default '-infinity',
      hash text not null default repeat('0', 64)
    );
    insert into key_use_head default values;
    create table key_use_checkpoint (
      position bigint primary key,
      hash text not null,
      at timestamptz not null,
      key_id text not null,
      signature text not null
    );

    create function refuse_to_change_the_past() returns trigger language plpgsql as $$
    begin
      raise exception '% is only added to', tg_table_name using errcode = 'restrict_violation';
    end $$;
    create trigger key_use_is_only_added_to before update or delete or truncate on key_use
      for each statement execute function refuse_to_change_the_past();
    create trigger key_use_checkpoint_is_only_added_to before update or delete or truncate on key_use_checkpoint
      for each statement execute function refuse_to_change_the_past();

    -- In order of p_uses: the place in the chain, or why the key may not sign. The head is locked first: whoever stops a key
    -- locks it too, so that nothing is recorded of a key after it was stopped.
    create function append_key_uses(p_actor text, p_uses jsonb)
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
