import { type Kysely, sql } from 'kysely';

/** As in 0101, for all that an index holds: its indexes may list what is fenced. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function extend_promotion_lease(
      in_environment text, in_repository text, in_digest text, in_generation integer, seconds double precision
    ) returns boolean language plpgsql volatile as $$
    begin
      perform value from incident_epoch for share;
      update promotion set lease_expires_at = clock_timestamp() + make_interval(secs => seconds)
      where environment = in_environment and repository = in_repository and digest = in_digest
        and generation = in_generation and state = 'reserved' and lease_expires_at > clock_timestamp()
        and not exists (
          select 1 from artifact_fence f where f.state = 'fenced' and f.digest = any(array(
            with recursive inside (digest) as (
              select in_digest union select e.child from artifact_edge e join inside i on e.parent = i.digest)
            select digest from inside)));
      return found;
    end $$`.execute(db);
}
