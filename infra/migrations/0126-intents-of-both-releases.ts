import { type Kysely, sql } from 'kysely';

/**
 * While workers of two releases run: one of the release before writes no tags, and leaves alone what is there. What it pushes may
 * be under any tag, so that a row of this release that it meets becomes one about every tag, whichever of the two is first. Its
 * imports push under none.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function push_intent_of_before() returns trigger language plpgsql as $$
    begin
      insert into push_intent (repository, digest, kind) values (new.repository, new.digest, new.kind)
        on conflict (repository, digest) do update set tags = null, kind = excluded.kind
        where push_intent.tags is not null;
      return null;
    end $$;
    create trigger push_intent_of_before before insert on push_intent for each row
      when (new.tags is null and new.kind <> 'import' and pg_trigger_depth() = 0)
      execute function push_intent_of_before();
  `.execute(db);
}
