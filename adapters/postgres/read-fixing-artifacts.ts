import { sql } from 'kysely';
import type { FixingArtifact } from '../../domain/affected/affected-report.ts';
import { artifactsOf } from './artifacts-of.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { membersOf } from './layer-members.ts';
import { isLiveIn } from './live-in.ts';

/** The last that were pushed to a repository; an older one is not said to fix anything. */
const LAST = 3;

interface Key {
  readonly repository: string;
  readonly digest: string;
}

interface Row extends Key {
  fix: string;
  first_seen: Date;
  tags: string[];
  environments: string[];
}

/**
 * By `<repository>@<digest>`: the newest artifact of the repository that was pushed after this one, is known whole on every
 * platform, is not quarantined, and has none of the components (and none that could not be decided).
 */
export async function readFixingArtifacts(
  db: Database,
  { components, undecidedIds }: Affected,
  keys: readonly Key[],
): Promise<Map<string, FixingArtifact>> {
  const ids = [...components.keys(), ...undecidedIds];
  if (components.size === 0) return new Map();
  const { rows } = await sql<Row>`
    with asked as materialized (
        select a.repository, a.digest, a.first_seen from (${artifactsOf(keys)}) a),
      newer as materialized (
        select r.repository, n.digest, n.first_seen from (select repository, min(first_seen) as first_seen from asked group by 1) r
          cross join lateral (select a.digest, a.first_seen from artifact a
            where a.repository = r.repository and a.first_seen > r.first_seen order by a.first_seen desc limit ${LAST}) n),
      stocks as materialized (
        select x.digest, s.id, s.digest as stock, s.complete, s.layered from (select distinct digest from newer) n
          cross join lateral (select c.digest, c.stock from artifact_contents c where c.digest = n.digest offset 0) x
          left join stock s on s.digest = x.stock),
      held as materialized (select s.digest, l.layer_set from stocks s join stock_layer l on l.stock = s.id),
      members as materialized (${membersOf(sql`select distinct layer_set from held`, ids)}),
      clean as materialized (
        select n.* from newer n
        where exists (select from stocks s where s.digest = n.digest)
          and not exists (select from stocks s where s.digest = n.digest and not coalesce(s.complete and s.layered, false))
          and not exists (select from held h join members m on m.layer_set = h.layer_set where h.digest = n.digest)
          and not exists (select from artifact_fence f where f.digest = n.digest and f.state = 'fenced'))
    select distinct on (a.repository, a.digest) a.repository, a.digest, c.digest as fix, c.first_seen,
      array(select tag from tag t where t.repository = c.repository and t.digest = c.digest order by tag) as tags,
      array(select distinct p.environment from placement p where p.digest = c.digest
        and ${isLiveIn({ place: 'p', repository: 'c.repository' })} order by 1) as environments
    from asked a join clean c on c.repository = a.repository and c.first_seen > a.first_seen
    order by a.repository, a.digest, c.first_seen desc`.execute(db);
  return new Map(
    rows.map(({ repository, digest, fix, first_seen, tags, environments }) => [
      `${repository}@${digest}`,
      { digest: fix, tags, since: first_seen.toISOString(), environments },
    ]),
  );
}
