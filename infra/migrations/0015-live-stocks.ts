import { type Kysely, sql } from 'kysely';

/** Which stocks run somewhere: what "are we affected?" shows first, found without looking at everything that was ever pushed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table stock add column live boolean not null default false;
    create index stock_live on stock (id) where live;

    -- Kept by the database itself: a worker of before writes placements too.
    create function mark_live_stocks(p_digest text) returns void language sql as $$
      update stock s set live = not s.live
      where s.digest in (select stock from artifact_stock where digest = p_digest)
        and s.live <> exists (select from artifact_stock x join placement p on p.digest = x.digest
          where x.stock = s.digest and p.state = 'live')
    $$;
    create function placement_marks_stocks() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        if new.state = 'live' then perform mark_live_stocks(new.digest); end if;
      elsif new.state is distinct from old.state then
        perform mark_live_stocks(new.digest);
      end if;
      return null;
    end $$;
    create trigger placement_marks_stocks after insert or update of state on placement
      for each row execute function placement_marks_stocks();
    create function artifact_stock_marks_stocks() returns trigger language plpgsql as $$
    begin
      perform mark_live_stocks(new.digest);
      return null;
    end $$;
    create trigger artifact_stock_marks_stocks after insert or update of stock on artifact_stock
      for each row execute function artifact_stock_marks_stocks();

    update stock s set live = true where exists (select from artifact_stock x join placement p on p.digest = x.digest
      where x.stock = s.digest and p.state = 'live');
    drop index placement_live;
  `.execute(db);
}
