/** What is said of each affected artifact: where it runs, since when, which components in which layer, and what fixes it. */
import { sql } from 'kysely';
import type { AffectedArtifact, ComponentPlace } from '../../domain/affected/affected-report.ts';
import type { Candidate } from './affected-candidates.ts';
import { artifactsOf } from './artifacts-of.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { membersOf } from './layer-members.ts';
import { isLiveIn } from './live-in.ts';
import { readFixingArtifacts } from './read-fixing-artifacts.ts';

/** Components named of one artifact; all of them are in its SBOM. */
const NAMED = 20;

interface Key {
  readonly repository: string;
  readonly digest: string;
}

interface ArtifactRow extends Key {
  first_seen: Date;
  tags: string[];
  fenced: boolean;
  environments: { environment: string; destination: string; since: string }[];
}

/**
 * In the order of `candidates`. One that is among them several times, or was shown before, is shown with the newest of its layers
 * that is meant, and nowhere else.
 */
export async function readAffectedArtifacts(
  db: Database,
  affected: Affected,
  candidates: readonly Candidate[],
): Promise<AffectedArtifact[]> {
  if (candidates.length === 0) return [];
  const [artifacts, places, fixes] = await Promise.all([
    readArtifacts(db, candidates),
    readPlaces(db, affected, candidates),
    readFixingArtifacts(db, affected, candidates),
  ]);
  return candidates.flatMap(({ repository, digest, layer, stock }) => {
    const row = artifacts.get(`${repository}@${digest}`);
    const found = places.get(digest) ?? [];
    if (row === undefined || found.some((place) => place.set > layer || (place.set === layer && place.stock > stock)))
      return [];
    return [
      {
        repository,
        digest,
        tags: row.tags,
        platforms: [...new Set(found.map(({ platform }) => platform))].sort(),
        owner: null,
        since: row.first_seen.toISOString(),
        environments: row.environments,
        fenced: row.fenced,
        components: componentsOf(affected, found),
        fixedBy: fixes.get(`${repository}@${digest}`) ?? null,
      },
    ];
  });
}

async function readArtifacts(db: Database, keys: readonly Key[]): Promise<Map<string, ArtifactRow>> {
  const { rows } = await sql<ArtifactRow>`
    select a.repository, a.digest, a.first_seen,
      array(select tag from tag t where t.repository = a.repository and t.digest = a.digest order by tag) as tags,
      exists (select from artifact_fence f where f.digest = a.digest and f.state = 'fenced') as fenced,
      coalesce((select jsonb_agg(jsonb_build_object('environment', p.environment, 'destination', p.destination,
          'since', to_char(p.since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by p.environment, p.destination)
        from placement p where p.digest = a.digest and ${isLiveIn({ place: 'p', repository: 'a.repository' })}), '[]') as environments
    from (${artifactsOf(keys)}) a`.execute(db);
  return new Map(rows.map((row) => [`${row.repository}@${row.digest}`, row]));
}

interface PlaceRow {
  digest: string;
  platform: string;
  stock: number;
  /** 0 where a worker of before wrote it. */
  set: number;
  component: number;
  layer: string | null;
  path: string;
  places: number;
  attested_by: string | null;
}

/** Layers of these artifacts first, then what is meant in each of those: once a layer, however many artifacts share it. */
async function readPlaces(
  db: Database,
  { components }: Affected,
  keys: readonly Key[],
): Promise<Map<string, PlaceRow[]>> {
  const ids = [...components.keys()];
  if (ids.length === 0) return new Map();
  const digests = [...new Set(keys.map(({ digest }) => digest))];
  const { rows } = await sql<PlaceRow>`
    with held as materialized (
        select x.digest, x.platform, x.attested_by, s.id as stock, l.layer_set from artifact_contents x join stock s on s.digest = x.stock
          join stock_layer l on l.stock = s.id
        where x.digest = any(${digests}::text[])),
      members as materialized (${membersOf(sql`select distinct layer_set from held`, ids)})
    select h.digest, h.platform, h.stock, h.layer_set as set, m.component, t.layer, m.path, m.places, h.attested_by
    from held h join members m on m.layer_set = h.layer_set join layer_set t on t.id = h.layer_set
    union all
    select x.digest, x.platform, s.id, 0, b.component, null, '', 1, null from artifact_stock x join stock s on s.digest = x.stock
      join stock_component_before b on b.stock = x.stock
    where x.digest = any(${digests}::text[]) and not s.layered and b.component = any(${ids}::bigint[])
    order by 1, 2, component, attested_by nulls first, layer, path`.execute(db);
  return Map.groupBy(rows, ({ digest }) => digest) as Map<string, PlaceRow[]>;
}

/** A component of several platforms is named once: they were built from the same. */
function componentsOf({ components }: Affected, found: readonly PlaceRow[]): ComponentPlace[] {
  const named = new Map<string, ComponentPlace>();
  for (const { component, layer, path, places, attested_by: attestedBy } of found) {
    const meant = components.get(component);
    if (meant !== undefined && !named.has(`${component} ${path} ${attestedBy}`))
      named.set(`${component} ${path} ${attestedBy}`, { ...meant, layer, path, places, attestedBy });
  }
  return [...named.values()].slice(0, NAMED);
}
