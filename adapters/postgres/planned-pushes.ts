import { type RawBuilder, sql } from 'kysely';
import { subjectOf } from '../../domain/artifact/subject.ts';
import type { ArtifactPushed } from '../../domain/events/intake-event.ts';
import type { Database } from './database.ts';
import { gatherCalls } from './gather-calls.ts';
import { takeOutAgain } from './late-write.ts';
import { withHolders } from './nesting.ts';
import { isIntendedPush } from './push-intents.ts';

/** What became of an event about a push: `planned` is by us, and its outcome is recorded; `is_new` by this call. */
export interface PlannedPush {
  readonly planned: boolean;
  readonly isNew: boolean;
}

/** Events of one statement, at most. */
const TOGETHER = 500;
const REASON = 'a push of ours, as planned';

/**
 * Drops the events about pushes that were planned, and records it: most events are of such. Safe to repeat: the first outcome
 * recorded for an event stands. Events that are asked about together are decided by one statement. A push of what was confirmed
 * out of an environment, late or under whatever tag, has its quarantine go on there.
 */
export function createPlannedPushes(db: Database): (event: ArtifactPushed) => Promise<PlannedPush> {
  return gatherCalls(async (events: readonly ArtifactPushed[]) => {
    const { rows } = await sql<{ planned: boolean; is_new: boolean; is_late: boolean }>`
      with event as (
        ${table(events)}
      ), planned as (
        select event.* from event join push_intent intent using (repository, digest)
        where ${isIntendedPush({ kind: sql`intent.kind`, tags: sql`intent.tags`, tag: sql`event.tag` })}
      ), recorded as (
        insert into intake (event_id, source, type, subject, outcome, reason, occurred_at)
        select distinct on (id) id, source, type, subject, 'dropped', ${REASON}, occurred_at from planned order by id, position
        on conflict (event_id) do nothing returning event_id
      )
      select exists (select 1 from planned where planned.position = event.position) as planned,
        exists (
          select 1 from incident_subject s where s.digest = event.digest and s.state = 'confirmed'
            -- A child is where its indexes are: no placement names it.
            and exists (select 1 from placement p where p.destination = event.repository
              and p.digest = any(${withHolders(sql.ref('event.digest'))}))) as is_late,
        exists (select 1 from recorded where recorded.event_id = event.id) as is_new
      from event order by event.position`.execute(db);
    const late = events.filter((_, position) => rows[position]?.is_late === true);
    if (late.length > 0) await takeOutAgain(db, late);
    return rows.map(({ planned, is_new: isNew }) => ({ planned, isNew }));
  }, TOGETHER);
}

/** The events, numbered from one. Of one alone Postgres knows that it is one, and keeps its plan: registries send them one by one. */
function table(events: readonly ArtifactPushed[]): RawBuilder<unknown> {
  const columns: readonly [name: string, type: string, of: (event: ArtifactPushed) => string | null][] = [
    ['id', 'text', ({ id }) => id],
    ['source', 'text', ({ source }) => source],
    ['type', 'text', ({ kind }) => kind],
    ['subject', 'text', subjectOf],
    ['occurred_at', 'timestamptz', ({ occurredAt }) => occurredAt],
    ['repository', 'text', ({ repository }) => repository],
    ['digest', 'text', ({ digest }) => digest],
    ['tag', 'text', ({ tag }) => tag ?? null],
  ];
  const [only, ...others] = events;
  if (only !== undefined && others.length === 0) {
    const values = columns.map(([name, type, of]) => sql`${of(only)}::${sql.raw(type)} as ${sql.ref(name)}`);
    return sql`select ${sql.join(values)}, 1 as position`;
  }
  const lists = columns.map(([, type, of]) => sql`${events.map(of)}::${sql.raw(type)}[]`);
  const names = sql.join(columns.map(([name]) => sql.ref(name)));
  return sql`select * from unnest(${sql.join(lists)}) with ordinality as e(${names}, position)`;
}
