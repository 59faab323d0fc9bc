/** What a verdict reads besides the artifact's own stock and evidence: who claims to have built it, what is revoked, and how old the advisories are. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { BuildClaim } from '../../domain/policy/gate.ts';
import type { JudgedFacts } from '../../domain/policy/verdict-book.ts';
import type { Executor } from './database.ts';
import { feedTimesAmong, type StoredFeedTime } from './feed-times.ts';

interface Surroundings {
  readonly kind: JudgedFacts['kind'];
  /** Undefined before the first advisories. */
  readonly database:
    | {
        readonly databaseNewest: string | undefined;
        readonly databaseSyncedAt: string | undefined;
        readonly databaseDigest: string;
      }
    | undefined;
  /** Of the ecosystems that were asked about, by name. */
  readonly feeds: readonly StoredFeedTime[];
  /** Of this repository alone: who may speak for another has no say about this one, whatever bytes they share. */
  readonly claims: readonly BuildClaim[];
  /** `from`: RFC 3339; undefined where it holds for all that was ever signed. */
  readonly revocations: readonly { readonly value: string; readonly from: string | undefined }[];
}

interface Row {
  readonly kind: JudgedFacts['kind'] | null;
  readonly digest: string | null;
  readonly newest: string | null;
  readonly synced_at: Date | null;
  /** Times within are text, as JSON has none. */
  readonly feeds: readonly (readonly [ecosystem: string, at: string | null])[] | null;
  readonly claims: readonly BuildClaim[] | null;
  readonly revocations: readonly (readonly [value: string, from: string | null])[] | null;
}

/** By one statement: each is a few rows at most, and is asked for with every verdict. */
export async function readSurroundings(
  db: Executor,
  { repository, digest }: ArtifactKey,
  ecosystems: ReadonlySet<string>,
): Promise<Surroundings> {
  const { rows } = await sql<Row>`
    select a.kind, s.digest, s.newest, s.synced_at,
      (select jsonb_agg(jsonb_build_array(f.ecosystem, f.at)) from (${feedTimesAmong(ecosystems)}) f) as feeds,
      (select jsonb_agg(to_jsonb(c) order by c.source, c.builder, c.commit) from (
        select distinct source, claimed->'builder'->>'id' as builder, claimed->>'commit' as commit from build_fact
        where output_digest = ${digest} and repository = ${repository} order by 1, 2, 3 limit 100) as c) as claims,
      (select jsonb_agg(jsonb_build_array(value, effective_from)) from revocation) as revocations
    from (select 1) as one
      left join artifact a on a.repository = ${repository} and a.digest = ${digest}
      left join advisory_state s on true`.execute(db);
  const row = rows[0];
  return {
    kind: row?.kind ?? undefined,
    database:
      row === undefined || row.digest === null
        ? undefined
        : {
            databaseNewest: row.newest ?? undefined,
            databaseSyncedAt: row.synced_at?.toISOString(),
            databaseDigest: row.digest,
          },
    feeds: (row?.feeds ?? []).map(([ecosystem, at]) => ({ ecosystem, at: toTime(at) })),
    claims: row?.claims ?? [],
    revocations: (row?.revocations ?? []).map(([value, from]) => ({ value, from: toTime(from) })),
  };
}

const toTime = (text: string | null): string | undefined => (text === null ? undefined : new Date(text).toISOString());
