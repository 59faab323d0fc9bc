/** What an import records: references and what became of them, and who may stay until when. */
import { createHash, randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import {
  type ImportBook,
  type ImportDecision,
  type ImportedPlace,
  type ImportRun,
  MAX_IMPORT_REFERENCES,
} from '../../domain/import/import-book.ts';
import { type Database, type Executor, transact } from './database.ts';
import { findBlocker } from './fence.ts';
import { IMPORT_CLAIM, isAdmitted } from './grandfathered.ts';
import { createIntakeLedger } from './intake-ledger.ts';
import { withInside } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { intendUntagged } from './push-intents.ts';
import type { Schema } from './schema.ts';

/** What was taken out so short a time ago may still be on its way. */
const SETTLED_MINUTES = 10;

export function createImportBook(db: Database, policies: PolicyStore): ImportBook {
  return {
    policy: () => policies.current(),
    async read(id) {
      const row = await db.selectFrom('import_run').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : toRun(row);
    },
    addReferences: (id, references) => addImportReferences(db, id, references),
    async markListed(id) {
      await db.updateTable('import_run').set({ listed: true }).where('id', '=', id).execute();
    },
    pending: (id, limit) =>
      db
        .selectFrom('import_reference')
        .select(['position', 'reference', 'place'])
        .where('import', '=', id)
        .where('outcome', 'is', null)
        .orderBy('position')
        .limit(limit)
        .execute(),
    look: (run, place) => look(db, run, place),
    intendCopies: (repository, manifests) => intendUntagged(db, repository, manifests),
    takeIn: (run, place) => takeIn(db, run, place),
    async record(id, position, { outcome, reason }, key) {
      await db
        .updateTable('import_reference')
        .set({ outcome, reason, repository: key?.repository ?? null, digest: key?.digest ?? null })
        .where('import', '=', id)
        .where('position', '=', position)
        .where('outcome', 'is', null)
        .execute();
    },
    finish: (id, state, note = '') =>
      transact(db, async (trx) => {
        const run = await trx
          .updateTable('import_run')
          .set({ state, note, ended_at: sql<Date>`clock_timestamp()` })
          .where('id', '=', id)
          .where('state', '=', 'started')
          .returningAll()
          .executeTakeFirst();
        if (run === undefined) return;
        const { rows } = await sql<{ counts: Record<string, number> | null }>`
          select jsonb_object_agg(outcome, n) as counts from (
            select outcome, count(*) as n from import_reference where import = ${id} and outcome is not null group by 1) c`.execute(
          trx,
        );
        await appendOutbox(trx, {
          subject: `import/${id}`,
          step: 'ended',
          type: state === 'done' ? 'import.done' : 'import.failed',
          actor: run.requested_by,
          data: { environment: run.environment, dryRun: run.dry_run, note, counts: rows[0]?.counts ?? {} },
        });
      }),
  };
}

/** Thrown and caught in this file: it takes the page back. */
class TooMany extends Error {}

/** One statement a page; what is named twice at one place is kept once. False past the limit: then none of the page is kept. */
export async function addImportReferences(
  db: Database,
  id: string,
  references: readonly { readonly reference: string; readonly place: string }[],
): Promise<boolean> {
  const add = transact(db, async (trx) => {
    await sql`select id from import_run where id = ${id} for update`.execute(trx);
    const { rows } = await sql<{ last: number }>`
      select coalesce(max(position), 0)::int as last from import_reference where import = ${id}`.execute(trx);
    const last = rows[0]?.last ?? 0;
    await sql`
      insert into import_reference (import, position, reference, place)
      select ${id}, ${last}::int + r.n, r.reference, r.place
      from unnest(${references.map(({ reference }) => reference)}::text[], ${references.map(({ place }) => place)}::text[])
        with ordinality as r(reference, place, n)
      on conflict do nothing`.execute(trx);
    // Counted afterwards: a page that is told again, as after a crash, adds nothing.
    const counted = await sql<{ count: number }>`
      select count(*)::int as count from import_reference where import = ${id}`.execute(trx);
    if ((counted.rows[0]?.count ?? 0) > MAX_IMPORT_REFERENCES) throw new TooMany();
    return true;
  });
  try {
    return await add;
  } catch (error) {
    if (error instanceof TooMany) return false;
    throw error;
  }
}

function toRun(row: Selectable<Schema['import_run']>): ImportRun {
  return {
    id: row.id,
    environment: row.environment,
    until: row.until.toISOString(),
    reason: row.reason,
    sourceKind: row.source_kind,
    source: row.source,
    dryRun: row.dry_run,
    requestedBy: row.requested_by,
    requestedRole: row.requested_role,
    state: row.state,
    isListed: row.listed,
  };
}

async function look(
  executor: Executor,
  run: ImportRun,
  { repository, destination, digest }: ImportedPlace,
): Promise<ImportDecision | undefined> {
  const { rows } = await sql<{
    blocked: string | null;
    admitted: boolean;
    known: boolean;
    state: 'reserved' | 'live' | 'removed' | null;
    fresh: boolean | null;
  }>`
    select
      (select reason from (
        select 'quarantined by incident ' || incident || ': ' || reason as reason from artifact_fence
          where state = 'fenced' and digest = any(k.inside)
        union all
        select 'denied since incident ' || incident || ': ' || reason from deny_entry
          where digest = any(k.inside)) b limit 1) as blocked,
      ${isAdmitted('k')} as admitted,
      exists (select from grandfathering g where g.environment = k.environment and g.destination = k.destination
        and g.digest = k.digest and g.until = ${run.until}) as known,
      p.state, p.since > clock_timestamp() - make_interval(mins => ${SETTLED_MINUTES}) as fresh
    from (select ${run.environment}::text as environment, ${destination}::text as destination, ${digest}::text as digest,
        ${withInside(digest)} as inside) k
      left join placement p on p.environment = k.environment and p.destination = k.destination and p.digest = k.digest`.execute(
    executor,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.blocked !== null) return { outcome: 'refused', reason: row.blocked };
  if (row.admitted && row.state === 'live') return { outcome: 'admitted', reason: 'a promotion let it in' };
  // What a promotion is copying, or was just taken out of, is not what was there before.
  if (row.state === 'reserved')
    return {
      outcome: 'unresolved',
      reason: `a promotion of ${repository} is under way there: ask again when it is over`,
    };
  if (row.state === 'removed' && row.fresh === true)
    return { outcome: 'unresolved', reason: `was taken out of ${run.environment} a moment ago: ask again later` };
  if (row.known && row.state !== 'removed') return { outcome: 'already', reason: 'known, until the same date' };
  return undefined;
}

async function takeIn(db: Database, run: ImportRun, place: ImportedPlace): Promise<ImportDecision> {
  const { repository, digest, destination } = place;
  const key: ArtifactKey = { repository, digest };
  const name = `${run.environment}/${destination}@${digest} until ${run.until}`;
  const id = createHash('sha256').update(name).digest('hex').slice(0, 32);
  // First: whoever finds the record finds that it is judged. The sweeper starts it, at its own pace.
  await createIntakeLedger(db).accept({
    event: {
      kind: 'artifact-pushed',
      id: `import-${id}`,
      source: '/pratique/import',
      occurredAt: new Date().toISOString(),
      ...{ repository, digest, mediaType: place.mediaType, actor: run.requestedBy },
    },
    key,
    cause: 'import',
  });
  return transact(db, async (trx) => {
    const blocker = await findBlocker(trx, digest);
    if (blocker !== undefined) return { outcome: 'refused', reason: blocker.reason };
    const held = await trx
      .selectFrom('placement')
      .select('state')
      .where('environment', '=', run.environment)
      .where('destination', '=', destination)
      .where('digest', '=', digest)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const obstacle = await look(trx, run, place);
    if (obstacle !== undefined) return obstacle;
    await holdPlace(trx, run, place, held?.state);
    const made = await trx
      .insertInto('grandfathering')
      .values({
        id: randomUUID(),
        ...{ environment: run.environment, repository, digest, destination, until: run.until, reason: run.reason },
        ...{ source_kind: run.sourceKind, source: run.source, place: place.place, import: run.id },
        ...{ made_by: run.requestedBy, made_role: run.requestedRole },
      })
      .onConflict((conflict) => conflict.columns(['environment', 'destination', 'digest', 'until']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (made !== undefined)
      await appendOutbox(trx, {
        subject: subjectOf(key),
        step: `grandfathered/${made.id}`,
        type: 'artifact.grandfathered',
        actor: run.requestedBy,
        data: {
          ...{ environment: run.environment, destination, until: run.until, reason: run.reason },
          ...{ source: run.sourceKind, place: place.place, import: run.id },
        },
      });
    return { outcome: 'taken', reason: '' };
  });
}

/** It is in the environment from now on: an incident takes it out, a rescan tells of it. The claim keeps it when others undo. */
async function holdPlace(
  executor: Executor,
  { environment }: ImportRun,
  { repository, destination, digest }: ImportedPlace,
  held: 'reserved' | 'live' | 'removed' | undefined,
): Promise<void> {
  const at = { environment, destination, digest };
  if (held === undefined)
    await executor
      .insertInto('placement')
      .values({ ...at, state: 'live' })
      .execute();
  else if (held === 'removed')
    await executor
      .updateTable('placement')
      .set({ state: 'live', since: sql<Date>`now()` })
      .where('environment', '=', environment)
      .where('destination', '=', destination)
      .where('digest', '=', digest)
      .execute();
  await executor
    .insertInto('placement_claim')
    .values({ ...at, claim: `${IMPORT_CLAIM}${environment}/${repository}@${digest}`, created: '[]' })
    .onConflict((conflict) =>
      conflict.columns(['environment', 'destination', 'digest', 'claim']).doUpdateSet({ released_at: null }),
    )
    .execute();
}
