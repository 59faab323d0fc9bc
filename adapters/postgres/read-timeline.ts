import { sql } from 'kysely';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';
import { type Page, type PageRequest, pageOf } from './read-page.ts';

/** One thing that happened to an artifact: an event that came in, or something Pratique did. */
export interface TimelineEntry {
  at: string;
  from: 'intake' | 'outcome';
  /** `artifact-pushed`, `artifact.judged-for`, `promotion.live`, … */
  type: string;
  actor: string;
  /** Position within the artifact's outcomes; null for what came in. */
  sequence: number | null;
  data: Record<string, unknown>;
  trace: string | null;
}

interface Row extends Omit<TimelineEntry, 'at'> {
  at: string;
  id: string;
}

/**
 * Oldest first, by time and then by sequence. Outcomes about an artifact have the subject `<repository>@<digest>`;
 * those of incidents that selected it are part of its story too.
 */
export async function readTimeline(db: Database, key: ArtifactKey, page: PageRequest): Promise<Page<TimelineEntry>> {
  const subject = subjectOf(key);
  const [at, sequence, id] = page.after ?? [];
  const after =
    page.after === undefined
      ? sql`true`
      : sql`(at, coalesce(sequence, 0), id) > (${at}::timestamptz, ${sequence}::bigint, ${id})`;
  const result = await sql<Row>`
    select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
           "from", type, actor, sequence, data, trace, id
    from (
      select recorded_at as at, 'intake' as "from", type, coalesce(actor, source) as actor, null::bigint as sequence,
             jsonb_strip_nulls(jsonb_build_object('event', event_id, 'outcome', outcome, 'reason', reason, 'tag', tag,
                                                  'generation', generation, 'occurredAt', occurred_at)) as data,
             trace, 'intake/' || event_id as id
      from intake where subject = ${subject}
      union all
      select created_at, 'outcome', type, actor, sequence, data, trace, 'outcome/' || id
      from outbox
      -- As an array, each is looked up in the index: with "or … in (select …)" every row was read.
      where subject = any(array(select ${subject}::text
        union all select 'incident/' || incident from incident_subject where digest = ${key.digest}))
    ) as entry
    where ${after}
    order by entry.at, coalesce(sequence, 0), id
    limit ${page.limit + 1}`.execute(db);
  return pageOf(
    result.rows,
    page,
    (row) => [row.at, String(row.sequence ?? 0), row.id],
    ({ id: _, ...entry }) => entry,
  );
}
