import { type Kysely, sql } from 'kysely';

/**
 * Which layers run somewhere, and which components are in one that does: what "are we affected?" shows first is read in the
 * order it is shown in, newest layer first, without looking at what only lies in the registry. Both tables are derived, and kept
 * by the database itself, for workers of before too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table live_layer (layer_set integer not null, stock integer not null, primary key (layer_set, stock));
    create index live_layer_stock on live_layer (stock);
    create table live_component (component bigint not null, layer_set integer not null, primary key (component, layer_set));
    create index live_component_layer on live_component (layer_set);

    -- The layers are locked shared: stocks that begin to run do not wait for each other, but for one that was the last of a layer.
    create function add_live_layers(p_stock integer) returns void language plpgsql volatile as $$
    declare v_sets integer[];
    begin
      select array_agg(f.id) into v_sets from (
        select t.id from layer_set t join stock_layer l on l.layer_set = t.id where l.stock = p_stock
        order by t.id for share of t) f;
      insert into live_layer (layer_set, stock) select unnest(v_sets), p_stock on conflict do nothing;
      -- All of a layer's components are there, or none.
      insert into live_component (component, layer_set)
        select c.component, c.layer_set from unnest(v_sets) as v(id) join layer_component c on c.layer_set = v.id
        where not exists (select from live_component o where o.layer_set = v.id) on conflict do nothing;
    end $$;
    create function remove_live_layers(p_stock integer) returns void language plpgsql volatile as $$
    declare v_sets integer[];
    begin
      with gone as (delete from live_layer where stock = p_stock returning layer_set)
      select array_agg(g.layer_set) into v_sets from gone g
        where not exists (select from live_layer o where o.layer_set = g.layer_set and o.stock <> p_stock);
      if v_sets is null then return; end if;
      perform id from layer_set where id = any(v_sets) order by id for no key update;
      delete from live_component c where c.layer_set = any(v_sets)
        and not exists (select from live_layer o where o.layer_set = c.layer_set);
    end $$;

    create function stock_marks_layers() returns trigger language plpgsql as $$
    begin
      if new.live then perform add_live_layers(new.id); else perform remove_live_layers(new.id); end if;
      return null;
    end $$;
    create trigger stock_marks_layers after update of live on stock
      for each row when (old.live is distinct from new.live) execute function stock_marks_layers();
    -- A stock that is read again gets its layers while it runs. Its row is locked: whether it runs does not change meanwhile.
    create function stock_layer_marks_layers() returns trigger language plpgsql as $$
    declare v_stock record;
    begin
      for v_stock in
        select s.id, s.live from stock s where s.id in (select stock from made) order by s.id for no key update
      loop
        if v_stock.live then perform add_live_layers(v_stock.id); end if;
      end loop;
      return null;
    end $$;
    create trigger stock_layer_marks_layers after insert on stock_layer
      referencing new table as made for each statement execute function stock_layer_marks_layers();

    insert into live_layer (layer_set, stock)
      select l.layer_set, l.stock from stock_layer l join stock s on s.id = l.stock where s.live;
    insert into live_component (component, layer_set)
      select c.component, c.layer_set from (select distinct layer_set from live_layer) l
        join layer_component c on c.layer_set = l.layer_set;

    create index tag_digest on tag (digest, repository);
    -- The newest of a repository.
    create index artifact_repository_seen on artifact (repository, first_seen desc);
  `.execute(db);
}
