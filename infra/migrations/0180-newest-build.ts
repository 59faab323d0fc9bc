import { type Kysely, sql } from 'kysely';

/**
 * The newest build a tag of an environment ever named: what somebody went back from does not come back by itself. Null where only
 * a worker of the release before moved it, which is as the build it names. What was gone back from until now is filled in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table channel add column newest_order bigint`.execute(db);
  await sql`
    update channel c set newest_order = (
      select max(p.build_order) from promotion p
      join placement_claim m on m.environment = p.environment and m.digest = p.digest
        and m.claim = 'promotion/' || p.environment || '/' || p.repository || '@' || p.digest || '#' || p.generation
      where p.environment = c.environment and p.tag = c.tag and p.state = 'live' and m.destination = c.destination)
    from (select distinct environment, digest, tag from promotion where rollback and state = 'live') went
    where went.environment = c.environment and went.digest = c.digest and went.tag = c.tag`.execute(db);
}
