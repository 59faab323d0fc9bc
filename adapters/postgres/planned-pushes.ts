import { CompiledQuery, sql } from 'kysely';
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

interface Answer {
  readonly planned: boolean;
  readonly is_new: boolean;
  readonly is_confirmed: boolean;
}

/** What the statement is told of an event, in the order of its parameters. */
const columns: readonly (readonly [name: string, type: string, of: (event: ArtifactPushed) => string | null])[] = [
  ['id', 'text', ({ id }) => id],
  ['source', 'text', ({ source }) => source],
  ['type', 'text', ({ kind }) => kind],
  ['subject', 'text', subjectOf],
  ['occurred_at', 'timestamptz', ({ occurredAt }) => occurredAt],
  ['repository', 'text', ({ repository }) => repository],
  ['digest', 'text', ({ digest }) => digest],
  ['tag', 'text', ({ tag }) => tag ?? null],
];

/**
 * Drops the events about pushes that were planned, and records it: most events are of such. Safe to repeat: the first outcome
 * recorded for an event stands. Events that are asked about together are decided by one statement. A push of what was confirmed
 * out of an environment, late or under whatever tag, has its quarantine go on there.
 */
export function createPlannedPushes(db: Database): (event: ArtifactPushed) => Promise<PlannedPush> {
  // Made once, when the first asks: forty times an artifact the same text is sent.
  const texts: { one?: string; several?: string } = {};
  const textFor = (events: 'one' | 'several'): string => {
    texts[events] ??= textOf(db, events);
    return texts[events];
  };
  return gatherCalls(async (events: readonly ArtifactPushed[]) => {
    const [only, ...others] = events;
    const isOne = only !== undefined && others.length === 0;
    const { rows } = await db.executeQuery<Answer>(
      CompiledQuery.raw(
        textFor(isOne ? 'one' : 'several'),
        columns.map(([, , of]) => (isOne ? of(only) : events.map(of))),
      ),
    );
    const confirmed = events.filter((_, position) => rows[position]?.is_confirmed === true);
    const late = confirmed.length === 0 ? [] : await placedAmong(db, confirmed);
    if (late.length > 0) await takeOutAgain(db, late);
    return rows.map(({ planned, is_new: isNew }) => ({ planned, isNew }));
  }, TOGETHER);
}

/** The statement's only parameters are the columns. Where others insert the same events at once, all wait in one order. */
function textOf(db: Database, events: 'one' | 'several'): string {
  const isIntended = isIntendedPush({ kind: sql`intent.kind`, tags: sql`intent.tags`, tag: sql`event.tag` });
  return sql`
    with event as (
      ${sql.raw(events === 'one' ? TABLE_OF_ONE : TABLE_OF_SEVERAL)}
    ), planned as (
      select event.* from event join push_intent intent using (repository, digest) where ${isIntended}
    ), recorded as (
      insert into intake (event_id, source, type, subject, outcome, reason, occurred_at)
      select id, source, type, subject, 'dropped', ${sql.lit(REASON)}, occurred_at from planned order by id, position
      on conflict (event_id) do nothing returning event_id
    )
    select exists (select from planned where planned.position = event.position) as planned,
      exists (select from incident_subject s where s.digest = event.digest and s.state = 'confirmed') as is_confirmed,
      exists (select from recorded where recorded.event_id = event.id) as is_new
    from event order by event.position`.compile(db).sql;
}

/** Of one alone Postgres knows that it is one, and keeps its plan: registries send them one by one. */
const TABLE_OF_ONE = `select ${columns.map(([name, type], index) => `$${index + 1}::${type} as ${name}`).join(', ')}, 1 as position`;
/** Numbered from one, in their order. */
const TABLE_OF_SEVERAL = `select * from unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
  with ordinality as e(${columns.map(([name]) => name).join(', ')}, position)`;

/** Those of `events` that a placement in their repository is about, or one of an index they are in: no placement names a child. */
async function placedAmong(db: Database, events: readonly ArtifactPushed[]): Promise<ArtifactPushed[]> {
  const repositories = events.map(({ repository }) => repository);
  const digests = events.map(({ digest }) => digest);
  const { rows } = await sql<{ position: number }>`
    select position from unnest(${repositories}::text[], ${digests}::text[]) with ordinality as event(repository, digest, position)
    where exists (select from placement p where p.destination = event.repository
      and p.digest = any(${withHolders(sql.ref('event.digest'))}))`.execute(db);
  const placed = new Set(rows.map(({ position }) => position));
  return events.filter((_, index) => placed.has(index + 1));
}
