/** What was decided about every event, and which generation of an artifact it belongs to. */
import { sql, type Transaction } from 'kysely';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { IntakeEvent } from '../../domain/events/intake-event.ts';
import type { Gone } from '../../domain/promotion/gone-book.ts';
import { type Database, type Executor, transact } from './database.ts';
import { liveWith, recordGone } from './gone-places.ts';
import { judgedWith } from './judged-with.ts';
import { isConfirmedOut, takeOutAgain } from './late-write.ts';
import { appendOutbox } from './outbox.ts';
import { createPlannedPushes } from './planned-pushes.ts';
import { isIntendedPush } from './push-intents.ts';
import { recordFinding } from './record-finding.ts';
import type { Schema } from './schema.ts';

export interface IntakeDecision {
  readonly outcome: 'started' | 'joined' | 'dropped';
  /** Set unless dropped: the artifact and the generation the workflow must run. */
  readonly key?: ArtifactKey;
  readonly generation?: number;
}

export interface Accepted {
  readonly event: IntakeEvent;
  /** The artifact the event is about: for evidence, its subject, or the index that is judged with it. */
  readonly key: ArtifactKey;
  /** Others that look again because of it; the sweeper starts them. */
  readonly also?: readonly ArtifactKey[];
  readonly cause: 'push' | 'evidence' | 'build' | 'reconcile' | 'rebuild' | 'advisories' | 'policy' | 'import';
  readonly tag?: string;
  readonly trace?: string;
}

export interface IntakeLedger {
  /** Drops a push that was planned (`createPlannedPushes`), and gives the outcome that stands. Undefined where nobody planned it. */
  dropIntended(event: Extract<IntakeEvent, { kind: 'artifact-pushed' }>): Promise<IntakeDecision | undefined>;
  /** Whether we planned to push this, under this tag where there is one. */
  isIntended(push: ArtifactKey & { readonly tag?: string }): Promise<boolean>;
  /** The artifacts of its repository whose verdicts rest on evidence about this digest (`judgedWith`); none where nothing is known. */
  judgedWith(key: ArtifactKey): Promise<readonly ArtifactKey[]>;
  /** Until when (RFC 3339) what lies in an environment's repository may stay, by the newest import; undefined where that is over, or never was. */
  grandfatheredUntil(place: ArtifactKey): Promise<string | undefined>;
  /** Records that nothing is started for this event, and why. The same event twice keeps the first outcome. */
  drop(
    event: IntakeEvent,
    reason: string,
    finding?: { kind: string; detail: Record<string, unknown> },
  ): Promise<IntakeDecision>;
  /** Has the quarantine of what was confirmed out go on: somebody pushed it to an environment past us. */
  takeOutAgain(event: Extract<IntakeEvent, { kind: 'artifact-pushed' }>): Promise<void>;
  /** What promotions let in there and need this digest for; nothing of what is on its way out by us. */
  liveWith(place: ArtifactKey): Promise<readonly ArtifactKey['digest'][]>;
  /** Records that the registry has it no more, though nobody here took it out: a finding, once. */
  recordGone(gone: Gone): Promise<void>;
  /** Starts a generation, or joins the open one. The same event twice gives the first decision back. */
  accept(accepted: Accepted): Promise<IntakeDecision>;
  /** Stores what an event claims about a build, keyed by output digest; returns the repositories that hold the digest. */
  recordBuild(event: Extract<IntakeEvent, { kind: 'build-finished' }>): Promise<readonly string[]>;
}

type Trx = Transaction<Schema>;

export function createIntakeLedger(db: Database): IntakeLedger {
  const planOf = createPlannedPushes(db);
  return {
    async dropIntended(event) {
      const { planned, isNew } = await planOf(event);
      if (!planned) return undefined;
      return isNew ? { outcome: 'dropped' } : decided(db, event.id);
    },
    async isIntended({ repository, digest, tag }) {
      const row = await db
        .selectFrom('push_intent')
        .select('kind')
        .where('repository', '=', repository)
        .where('digest', '=', digest)
        .where(isIntendedPush({ kind: sql`kind`, tags: sql`tags`, tag: sql`${tag ?? null}::text` }))
        .executeTakeFirst();
      return row !== undefined;
    },
    judgedWith: (key) => judgedWith(db, key),
    async grandfatheredUntil({ repository, digest }) {
      const { rows } = await sql<{ until: Date; stands: boolean }>`
        select until, until > clock_timestamp()
            and not exists (select 1 from artifact_fence f where f.digest = g.digest and f.state = 'fenced')
            and not exists (select 1 from deny_entry d where d.digest = g.digest) as stands
        from grandfathering g
        where destination = ${repository} and digest = ${digest} order by made_at desc limit 1`.execute(db);
      return rows[0]?.stands === true ? rows[0].until.toISOString() : undefined;
    },
    drop: (event, reason, finding) =>
      transact(db, async (trx) => {
        const subject = subjectOf(event);
        const isNew = await insertIntake(trx, event, { outcome: 'dropped', reason, subject });
        if (isNew && finding !== undefined) await recordFinding(trx, { ...finding, subject, eventId: event.id });
        return isNew ? { outcome: 'dropped' } : await decided(trx, event.id);
      }),
    async takeOutAgain(event) {
      if (await isConfirmedOut(db, event.digest)) await takeOutAgain(db, [event]);
    },
    liveWith: (place) => liveWith(db, place),
    recordGone: (gone) => recordGone(db, gone),
    accept: (accepted) => transact(db, (trx) => accept(trx, accepted)),
    async recordBuild(event) {
      await db
        .insertInto('build_fact')
        .values({
          output_digest: event.digest,
          event_id: event.id,
          source: event.source,
          repository: event.repository,
          claimed: JSON.stringify({
            commit: event.commit,
            sourceRepository: event.sourceRepository,
            builder: event.builder,
            toolchain: event.toolchain,
            provenance: event.provenance,
          }),
        })
        .onConflict((conflict) => conflict.columns(['output_digest', 'event_id']).doNothing())
        .execute();
      const rows = await db.selectFrom('artifact').select('repository').where('digest', '=', event.digest).execute();
      return rows.map((row) => row.repository);
    },
  };
}

async function insertIntake(
  trx: Trx,
  event: IntakeEvent,
  decision: {
    outcome: 'started' | 'joined' | 'dropped';
    reason: string;
    subject: string;
    generation?: number;
    tag?: string | undefined;
    trace?: string | undefined;
  },
): Promise<boolean> {
  const result = await trx
    .insertInto('intake')
    .values({
      event_id: event.id,
      source: event.source,
      type: event.kind,
      subject: decision.subject,
      generation: decision.generation ?? null,
      outcome: decision.outcome,
      reason: decision.reason,
      tag: decision.tag ?? null,
      trace: decision.trace ?? null,
      actor: (event.kind === 'artifact-pushed' ? event.actor : undefined) ?? null,
      occurred_at: event.occurredAt,
    })
    .onConflict((conflict) => conflict.column('event_id').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function decided(trx: Executor, eventId: string): Promise<IntakeDecision> {
  const row = await trx
    .selectFrom('intake')
    .select(['outcome', 'subject', 'generation'])
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  if (row.outcome === 'dropped' || row.subject === null || row.generation === null) return { outcome: 'dropped' };
  const at = row.subject.lastIndexOf('@');
  return {
    outcome: row.outcome,
    key: { repository: row.subject.slice(0, at), digest: row.subject.slice(at + 1) as ArtifactKey['digest'] },
    generation: row.generation,
  };
}

async function accept(trx: Trx, { event, key, also = [], cause, tag, trace }: Accepted): Promise<IntakeDecision> {
  const seen = await trx.selectFrom('intake').select('event_id').where('event_id', '=', event.id).executeTakeFirst();
  if (seen !== undefined) return decided(trx, event.id);
  const { generation, outcome } = await openGeneration(trx, key, cause, trace);
  for (const other of also) await openGeneration(trx, other, cause, trace);
  const subject = subjectOf(key);
  const isNew = await insertIntake(trx, event, { outcome, reason: cause, subject, generation, tag, trace });
  // A peer recorded the same event between our look and our insert: its decision stands, ours is rolled back.
  if (!isNew) throw Object.assign(new Error('event recorded concurrently'), { code: '40001' });
  if (tag !== undefined) await moveTag(trx, key, tag, event);
  await appendOutbox(trx, {
    subject,
    step: `intake/${event.id}`,
    type: 'artifact.received',
    actor: event.source,
    data: { event: event.id, kind: event.kind, cause, outcome, generation, ...(tag === undefined ? {} : { tag }) },
    trace,
  });
  return { outcome, key, generation };
}

/**
 * Locks the artifact, joins its open generation or makes the next one. Used by every cause: a push, a rebuild, a new policy.
 * The caller starts (or signals) the workflow after commit; a sweeper starts what a crash left pending.
 */
export async function openGeneration(
  trx: Trx,
  key: ArtifactKey,
  cause: string,
  trace: string | undefined,
): Promise<{ generation: number; outcome: 'started' | 'joined' }> {
  await trx
    .insertInto('artifact')
    .values({ repository: key.repository, digest: key.digest, media_type: null, size: null, kind: null, outcome: null })
    .onConflict((conflict) => conflict.columns(['repository', 'digest']).doNothing())
    .execute();
  const artifact = await trx
    .selectFrom('artifact')
    .select('generation')
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  // Whatever it was opened for: pushed now, it is the newest build, as one whose push opened it.
  const isPush = cause === 'push' || cause === 'reconcile';
  const anew = isPush ? { cause, build_order: sql<number>`nextval('build_order')` } : {};
  const joined = await trx
    .updateTable('generation')
    .set((eb) => ({ joined: eb('joined', '+', 1), ...anew }))
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', '<>', 'closed')
    .returning('generation')
    .executeTakeFirst();
  if (joined !== undefined) return { generation: joined.generation, outcome: 'joined' };
  const generation = artifact.generation + 1;
  await trx
    .insertInto('generation')
    .values({
      repository: key.repository,
      digest: key.digest,
      generation,
      cause,
      run_id: null,
      trace: trace ?? null,
      outcome: null,
    })
    .execute();
  await trx
    .updateTable('artifact')
    .set({ generation, phase: 'pending', outcome: null, reason: '', updated_at: sql<Date>`now()` })
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .execute();
  return { generation, outcome: 'started' };
}

/**
 * A tag names the latest push under it, by when it was pushed: a late event of an older push moves nothing back. That it
 * named other bytes before is noticed either way: a finding, and an event, on what it names now.
 */
async function moveTag(
  trx: Trx,
  key: ArtifactKey,
  tag: string,
  { id: eventId, occurredAt }: Pick<IntakeEvent, 'id' | 'occurredAt'>,
): Promise<void> {
  // Nobody pushes in the future: a clock that is ahead must not keep the tag from those that come.
  const pushedAt = sql<Date>`least(${occurredAt}::timestamptz, clock_timestamp())`;
  const first = await trx
    .insertInto('tag')
    .values({ repository: key.repository, tag, digest: key.digest, event_id: eventId, occurred_at: pushedAt })
    // Waits for a push of the same tag that is being recorded at this moment, and then finds its row.
    .onConflict((conflict) => conflict.columns(['repository', 'tag']).doNothing())
    .returning('tag')
    .executeTakeFirst();
  if (first !== undefined) return;
  const named = await trx
    .selectFrom('tag')
    .select(['digest', sql<boolean>`coalesce(occurred_at > ${pushedAt}, false)`.as('is_newer')])
    .where('repository', '=', key.repository)
    .where('tag', '=', tag)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const digest = named.digest as ArtifactKey['digest'];
  if (!named.is_newer)
    await trx
      .updateTable('tag')
      .set({ digest: key.digest, since: sql<Date>`now()`, event_id: eventId, occurred_at: pushedAt })
      .where('repository', '=', key.repository)
      .where('tag', '=', tag)
      .execute();
  if (digest === key.digest) return;
  const [from, to] = named.is_newer ? [key.digest, digest] : [digest, key.digest];
  const subject = subjectOf({ ...key, digest: to });
  const detail = { tag, from, to };
  await recordFinding(trx, { kind: 'tag-moved', detail, subject, eventId });
  await appendOutbox(trx, {
    subject,
    step: `tag-moved/${eventId}`,
    type: 'artifact.tag-moved',
    actor: 'system',
    data: detail,
  });
}
