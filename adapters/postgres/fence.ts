/** Fences by digest, and the open incidents whose selectors reach further. Lock order: epoch, then fences by digest. */
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import { type Fence, fenceClosure } from '../../domain/incident/fence.ts';
import type { Selector } from '../../domain/incident/selector.ts';
import { shareIncidentEpoch } from './epoch.ts';
import { withInside } from './nesting.ts';
import { newestDecision } from './newest-decision.ts';
import { voidApprovals } from './promotion-approvals.ts';
import type { Schema } from './schema.ts';
import { loadShapes, selectDigests } from './selection.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Selectors that follow the bytes rather than who made them also cover relabelled copies. */
function coversCopies(selector: Selector): boolean {
  return selector.kind === 'digest' || selector.kind === 'layer' || selector.kind === 'component';
}

/** The closure of one selector over everything known now. */
export async function closureOf(trx: Trx, selector: Selector): Promise<Fence> {
  return closeOver(trx, selector, await selectDigests(trx, selector));
}

async function closeOver(trx: Trx, selector: Selector, selected: readonly Digest[]): Promise<Fence> {
  if (selected.length === 0) return { fenced: [], shared: [] };
  const copies = coversCopies(selector);
  const shapes = await loadShapes(trx, selected, copies);
  const bases = await sql<{ diff_id: Digest }>`select diff_id from base_layer`.execute(trx);
  return fenceClosure({ selected, shapes, baseLayers: bases.rows.map((row) => row.diff_id), copies });
}

/** Creates missing rows, then locks all of them in one order: two transactions never wait for each other in a circle. */
export async function lockFences(trx: Trx, digests: readonly string[]): Promise<void> {
  const sorted = [...new Set(digests)].sort();
  if (sorted.length === 0) return;
  const lock = async (): Promise<number> => {
    const { rows } =
      await sql`select digest from artifact_fence where digest = any(${sorted}::text[]) order by digest collate "C" for no key update`.execute(
        trx,
      );
    return rows.length;
  };
  // Rows stay once they are there: after the first time there is nothing to create, and locking tells.
  if ((await lock()) === sorted.length) return;
  await sql`insert into artifact_fence (digest, state) select d, 'clear' from unnest(${sorted}::text[]) as d on conflict (digest) do nothing`.execute(
    trx,
  );
  await lock();
}

/**
 * Fences the closure for an incident, ends what waits, and asks for the quarantine of each digest; what the incident has
 * excused stays out of it. Idempotent, and set by set: the epoch is held by the caller, and everybody waits for it.
 */
export async function raiseFences(trx: Trx, incident: string, reason: string, fence: Fence): Promise<Digest[]> {
  const subjects = fence.fenced.map(({ digest, relation }) => ({ digest, relation }));
  await lockFences(
    trx,
    subjects.map(({ digest }) => digest),
  );
  const inserted = await sql<{ digest: Digest }>`
    insert into incident_subject (incident, digest, relation)
    select ${incident}, s.digest, s.relation
    from jsonb_to_recordset(${JSON.stringify(subjects)}::jsonb) as s(digest text, relation text)
    where not exists (select 1 from incident_excusal e where e.incident = ${incident} and e.digest = s.digest)
    on conflict (incident, digest) do nothing returning digest`.execute(trx);
  const raised = inserted.rows.map((row) => row.digest);
  if (raised.length === 0) return [];
  await sql`
    update artifact_fence set state = 'fenced', incident = ${incident}, reason = ${reason}, changed_at = now()
    where digest = any(${raised}::text[])`.execute(trx);
  await sql`
    select append_outbox(subject, ${`fenced/${incident}`}, 'artifact.fenced', 'system', ${JSON.stringify({ incident, reason })}::jsonb, null)
    from (select repository || '@' || digest as subject from artifact where digest = any(${raised}::text[]) order by 1) s`.execute(
    trx,
  );
  await endWaitingPromotions(trx, raised, `incident ${incident}: ${reason}`);
  // After the rows of the promotions were locked: a decision that was being written is seen, and dies too.
  await voidApprovals(trx, raised, incident);
  await requestQuarantines(trx, incident, raised);
  return raised;
}

async function endWaitingPromotions(trx: Trx, digests: readonly Digest[], reason: string): Promise<void> {
  await sql`
    with ended as (
      update promotion set state = 'quarantined', reason = ${reason}, ended_at = now(), updated_at = now(),
        decision_digest = ${newestDecision}
      where digest = any(${digests}::text[]) and state in ('requested', 'waiting')
      returning environment, repository, digest, generation, trace)
    select append_outbox(repository || '@' || digest, 'promotion/' || environment || '/' || generation || '/ended', 'promotion.quarantined',
      'system', jsonb_build_object('environment', environment, 'generation', generation, 'reason', ${reason}::text), trace)
    from (select * from ended order by repository || '@' || digest, environment) e`.execute(trx);
}

export async function requestQuarantines(trx: Trx, incident: string, digests: readonly Digest[]): Promise<void> {
  const requests = digests.map((digest) => ({ digest, id: workflowIds.quarantine(digest) }));
  await sql`
    insert into workflow_request (workflow_id, generation, kind, task_queue, input)
    select r.id, coalesce((select max(w.generation) from workflow_request w where w.workflow_id = r.id), 0) + 1, 'quarantine',
      ${taskQueues.urgent}, jsonb_build_object('digest', r.digest, 'incident', ${incident}::text)
    from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r(id text, digest text) order by r.digest
    on conflict (workflow_id, generation) do nothing`.execute(trx);
}

/**
 * After a write of facts or structure about `digests`: any open incident that now selects them fences them, in the same
 * transaction. The caller's transaction shares the epoch from here on, so that an incident opening meanwhile sees the facts.
 */
export async function refenceSelected(trx: Trx, digests: readonly Digest[]): Promise<void> {
  await shareIncidentEpoch(trx);
  await refence(
    trx,
    digests,
    await trx
      .selectFrom('incident')
      .select(['id', 'selector', 'reason'])
      .where('state', '<>', 'closed')
      .orderBy('id')
      .execute(),
  );
}

type OpenIncident = Pick<Selectable<Schema['incident']>, 'id' | 'selector' | 'reason'>;

/** Under the epoch, with all incidents that were open when it was shared. */
async function refence(trx: Trx, digests: readonly Digest[], open: readonly OpenIncident[]): Promise<void> {
  if (open.length === 0) return;
  const near = new Set((await loadShapes(trx, digests, true)).map((shape) => shape.digest));
  for (const { id, selector: stored, reason } of open) {
    const selector = stored as unknown as Selector;
    const selected = await withoutExcused(trx, id, await selectDigests(trx, selector, [...near]));
    const fence = await closeOver(trx, selector, selected);
    const fenced = fence.fenced.filter((subject) => near.has(subject.digest));
    if (fenced.length === 0) continue;
    const raised = await raiseFences(trx, id, reason, { fenced, shared: [] });
    if (raised.length > 0) await reopenContained(trx, id);
  }
}

/** What was let out no longer leads to anything: its new copies and parents are as good as it is. */
async function withoutExcused(trx: Trx, incident: string, digests: readonly Digest[]): Promise<readonly Digest[]> {
  if (digests.length === 0) return digests;
  const excused = await sql<{ digest: Digest }>`
    select digest from incident_excusal where incident = ${incident} and digest = any(${digests}::text[])`.execute(trx);
  const out = new Set(excused.rows.map((row) => row.digest));
  return digests.filter((digest) => !out.has(digest));
}

/** What was contained has grown: followed again until that is confirmed out too. */
export async function reopenContained(trx: Trx, incident: string): Promise<void> {
  const reopened = await trx
    .updateTable('incident')
    .set({ state: 'open', contained_at: null })
    .where('id', '=', incident)
    .where('state', '=', 'contained')
    .returning('id')
    .executeTakeFirst();
  if (reopened !== undefined)
    await requestWorkflow(trx, {
      id: workflowIds.incident(incident),
      kind: 'incident',
      taskQueue: taskQueues.urgent,
      input: { incident },
    });
}

export interface Blocker {
  readonly digest: Digest;
  readonly reason: string;
}

/**
 * What keeps an artifact out: an open selector that reaches it (whatever was written past its fences), a fence, or an
 * entry left by a closed incident. Covers the artifact and all it holds: an index with something fenced inside stays out, a child
 * on its own does not answer for its indexes. Holds epoch and fences until the transaction ends.
 */
export async function findBlocker(trx: Trx, digest: Digest): Promise<Blocker | undefined> {
  await shareIncidentEpoch(trx);
  const { rows } = await sql<{ digests: Digest[]; open: OpenIncident[] }>`
    select ${withInside(digest)} as digests,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'selector', selector, 'reason', reason) order by id), '[]')
        from incident where state <> 'closed') as open`.execute(trx);
  const digests = rows[0]?.digests ?? [digest];
  await refence(trx, digests, rows[0]?.open ?? []);
  await lockFences(trx, digests);
  const found = await sql<{ digest: Digest; reason: string }>`
    select digest, 'quarantined by incident ' || incident || ': ' || reason as reason from artifact_fence
      where digest = any(${digests}::text[]) and state = 'fenced'
    union all
    select digest, 'denied since incident ' || incident || ': ' || reason from deny_entry where digest = any(${digests}::text[])
    limit 1`.execute(trx);
  return found.rows[0];
}
