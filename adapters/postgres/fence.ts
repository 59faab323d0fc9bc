/** Fences by digest, and the open incidents whose selectors reach further. Lock order: epoch, then fences by digest. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import { type Fence, fenceClosure } from '../../domain/incident/fence.ts';
import type { Selector } from '../../domain/incident/selector.ts';
import { shareIncidentEpoch } from './epoch.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { loadShapes, selectDigests } from './selection.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Selectors that follow the bytes rather than who made them also cover relabelled copies. */
function coversCopies(selector: Selector): boolean {
  return selector.kind === 'digest' || selector.kind === 'layer' || selector.kind === 'component';
}

/** The closure of one selector over everything known now; `seeds` narrows what is looked at to what was just written. */
export async function closureOf(trx: Trx, selector: Selector, seeds?: readonly Digest[]): Promise<Fence> {
  const selected = await selectDigests(trx, selector, seeds);
  if (selected.length === 0) return { fenced: [], shared: [] };
  const copies = coversCopies(selector);
  const shapes = await loadShapes(trx, selected, copies);
  return fenceClosure({ selected, shapes, baseLayers: await baseLayers(trx), copies });
}

async function baseLayers(trx: Trx): Promise<Digest[]> {
  const result = await sql<{ diff_id: Digest }>`select diff_id from base_layer`.execute(trx);
  return result.rows.map((row) => row.diff_id);
}

/** Creates missing rows, then locks all of them in one order: two transactions never wait for each other in a circle. */
export async function lockFences(trx: Trx, digests: readonly string[]): Promise<void> {
  const sorted = [...new Set(digests)].sort();
  if (sorted.length === 0) return;
  await sql`insert into artifact_fence (digest, state) select d, 'clear' from unnest(${sorted}::text[]) as d on conflict (digest) do nothing`.execute(
    trx,
  );
  await sql`select digest from artifact_fence where digest = any(${sorted}::text[]) order by digest for no key update`.execute(
    trx,
  );
}

/** Fences the closure for an incident and asks for the quarantine of each digest. Idempotent; the epoch is held by the caller. */
export async function raiseFences(trx: Trx, incident: string, reason: string, fence: Fence): Promise<Digest[]> {
  await lockFences(
    trx,
    fence.fenced.map((subject) => subject.digest),
  );
  const raised: Digest[] = [];
  for (const subject of fence.fenced) {
    const excused = await trx
      .selectFrom('incident_excusal')
      .select('digest')
      .where('incident', '=', incident)
      .where('digest', '=', subject.digest)
      .executeTakeFirst();
    if (excused !== undefined) continue;
    const inserted = await trx
      .insertInto('incident_subject')
      .values({ incident, digest: subject.digest, relation: subject.relation })
      .onConflict((conflict) => conflict.columns(['incident', 'digest']).doNothing())
      .executeTakeFirst();
    if ((inserted.numInsertedOrUpdatedRows ?? 0n) === 0n) continue;
    raised.push(subject.digest);
    await trx
      .updateTable('artifact_fence')
      .set({ state: 'fenced', incident, reason, changed_at: sql<Date>`now()` })
      .where('digest', '=', subject.digest)
      .execute();
    await announce(trx, incident, reason, subject.digest);
  }
  if (raised.length > 0) await endWaitingPromotions(trx, raised, incident, reason);
  return raised;
}

async function announce(trx: Trx, incident: string, reason: string, digest: Digest): Promise<void> {
  const holders = await trx.selectFrom('artifact').select('repository').where('digest', '=', digest).execute();
  for (const { repository } of holders)
    await appendOutbox(trx, {
      subject: `${repository}@${digest}`,
      step: `fenced/${incident}`,
      type: 'artifact.fenced',
      actor: 'system',
      data: { incident, reason },
    });
  await requestWorkflow(trx, {
    id: workflowIds.quarantine(digest),
    kind: 'quarantine',
    taskQueue: taskQueues.urgent,
    input: { digest, incident },
  });
}

async function endWaitingPromotions(
  trx: Trx,
  digests: readonly Digest[],
  incident: string,
  reason: string,
): Promise<void> {
  await trx
    .updateTable('promotion')
    .set({
      state: 'quarantined',
      reason: `incident ${incident}: ${reason}`,
      ended_at: sql<Date>`now()`,
      updated_at: sql<Date>`now()`,
    })
    .where('digest', 'in', [...digests])
    .where('state', 'in', ['requested', 'waiting'])
    .execute();
}

/**
 * After a write of facts or structure about `digests`: any open incident that now selects them fences them, in the same
 * transaction. The caller's transaction shares the epoch from here on, so that an incident opening meanwhile sees the facts.
 */
export async function refenceSelected(trx: Trx, digests: readonly Digest[]): Promise<void> {
  await shareIncidentEpoch(trx);
  const open = await trx
    .selectFrom('incident')
    .select(['id', 'selector', 'reason'])
    .where('state', '<>', 'closed')
    .execute();
  for (const incident of open) {
    const near = await loadShapes(trx, digests, true);
    const fence = await closureOf(
      trx,
      incident.selector as unknown as Selector,
      near.map((shape) => shape.digest),
    );
    const relevant = fence.fenced.filter((subject) => near.some((shape) => shape.digest === subject.digest));
    if (relevant.length > 0) await raiseFences(trx, incident.id, incident.reason, { fenced: relevant, shared: [] });
  }
}

export interface Blocker {
  readonly digest: Digest;
  readonly reason: string;
}

/**
 * What keeps an artifact out: a fence, an entry left by a closed incident, or an open selector that reaches it only now.
 * Covers the artifact and its children. Holds epoch and fences until the transaction ends.
 */
export async function findBlocker(trx: Trx, digest: Digest): Promise<Blocker | undefined> {
  await shareIncidentEpoch(trx);
  const children = await trx.selectFrom('artifact_edge').select('child').where('parent', '=', digest).execute();
  const digests = [digest, ...children.map((row) => row.child as Digest)];
  await lockFences(trx, digests);
  const fenced = await trx
    .selectFrom('artifact_fence')
    .select(['digest', 'incident', 'reason'])
    .where('digest', 'in', digests)
    .where('state', '=', 'fenced')
    .orderBy('digest')
    .executeTakeFirst();
  if (fenced !== undefined)
    return { digest: fenced.digest as Digest, reason: `quarantined by incident ${fenced.incident}: ${fenced.reason}` };
  const denied = await trx
    .selectFrom('deny_entry')
    .select(['digest', 'incident', 'reason'])
    .where('digest', 'in', digests)
    .executeTakeFirst();
  if (denied !== undefined)
    return { digest: denied.digest as Digest, reason: `denied since incident ${denied.incident}: ${denied.reason}` };
  return undefined;
}
