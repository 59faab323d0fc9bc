import { type Kysely, sql } from 'kysely';

/** What an import brought to where pushes go was brought there untagged: a push of it under a tag is somebody's own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    update push_intent i set kind = 'import'
    from grandfathering g
    where g.repository = i.repository and g.digest = i.digest and g.destination <> g.repository and i.kind = 'push'
  `.execute(db);
}
