/** Opening, releasing and closing incidents: each one transaction that takes the epoch exclusively. */
import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type { Fence } from '../../domain/incident/fence.ts';
import {
  type IncidentDesk,
  IncidentError,
  type IncidentPreview,
  type ReleaseOutcome,
} from '../../domain/incident/incident-desk.ts';
import { resolveSelector, type Selector } from '../../domain/incident/selector.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch, advanceTrustEpoch } from './epoch.ts';
import { closureOf, lockFences, raiseFences } from './fence.ts';
import { openGeneration } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Wakes whoever starts workflows: called after commit, so that nobody waits for the sweeper. */
export type Wake = () => Promise<void>;

export function createIncidentDesk(db: Database, policies: PolicyStore, wake: Wake): IncidentDesk {
  return {
    async preview(selector) {
      const resolved = resolveSelector(await policies.current(), selector);
      return transact(db, async (trx) => preview(trx, await closureOf(trx, resolved)));
    },
    async open({ selector, reason, actor }) {
      const resolved = resolveSelector(await policies.current(), selector);
      const opened = await transact(db, (trx) => open(trx, resolved, reason, actor));
      await wake();
      return opened;
    },
    close: ({ incident, reason, actor }) => transact(db, (trx) => close(trx, incident, reason, actor)),
    requestRelease: ({ digest, reason, actor }) => transact(db, (trx) => requestRelease(trx, digest, reason, actor)),
    async decideRelease(decision) {
      const outcome = await transact(db, (trx) => decideRelease(trx, decision));
      await wake();
      return outcome;
    },
  };
}

async function preview(trx: Trx, fence: Fence): Promise<IncidentPreview> {
  const digests = fence.fenced.map((subject) => subject.digest);
  const repositories =
    digests.length === 0
      ? []
      : await trx.selectFrom('artifact').select(['digest', 'repository']).where('digest', 'in', digests).execute();
  const places =
    digests.length === 0
      ? []
      : await trx
          .selectFrom('placement')
          .select(['digest', 'environment'])
          .where('digest', 'in', digests)
          .where('state', '<>', 'removed')
          .execute();
  return {
    subjects: fence.fenced.map(({ digest, relation }) => ({
      digest,
      relation,
      repositories: repositories.filter((row) => row.digest === digest).map((row) => row.repository),
      environments: places.filter((row) => row.digest === digest).map((row) => row.environment),
    })),
    shared: fence.shared.map((shared) => shared.digest),
  };
}

async function open(trx: Trx, selector: Selector, reason: string, actor: string) {
  await advanceIncidentEpoch(trx);
  const id = `inc-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  await trx
    .insertInto('incident')
    .values({ id, selector: JSON.stringify(selector), reason, opened_by: actor, closed_by: null })
    .execute();
  // A signer or builder under suspicion vouches for nothing: verdicts that rested on it are judged again.
  if (selector.kind === 'signer' || selector.kind === 'builder') {
    await trx
      .insertInto('revocation')
      .values({ kind: selector.kind, value: selector.value, incident: id, reason, revoked_by: actor })
      .onConflict((conflict) => conflict.columns(['kind', 'value']).doNothing())
      .execute();
    await advanceTrustEpoch(trx);
  }
  const fence = await closureOf(trx, selector);
  const seen = await preview(trx, fence);
  await appendOutbox(trx, {
    subject: `incident/${id}`,
    step: 'opened',
    type: 'incident.opened',
    actor,
    data: { selector, reason, subjects: fence.fenced.length },
  });
  await raiseFences(trx, id, reason, fence);
  await requestWorkflow(trx, {
    id: workflowIds.incident(id),
    kind: 'incident',
    taskQueue: taskQueues.urgent,
    input: { incident: id },
    generation: 1,
  });
  return { id, ...seen };
}

async function lockIncident(trx: Trx, id: string) {
  await advanceIncidentEpoch(trx);
  const incident = await trx.selectFrom('incident').selectAll().where('id', '=', id).executeTakeFirst();
  if (incident === undefined)
    throw new IncidentError('INCIDENT_UNKNOWN', `there is no incident ${id}: "pratique incident list" shows them`);
  if (incident.state === 'closed') throw new IncidentError('INCIDENT_CLOSED', `incident ${id} is closed already`);
  return incident;
}

async function close(trx: Trx, id: string, reason: string, actor: string): Promise<void> {
  await lockIncident(trx, id);
  await sql`
    insert into deny_entry (digest, incident, reason)
    select s.digest, ${id}, i.reason from incident_subject s join incident i on i.id = s.incident
    where s.incident = ${id} and s.state <> 'released' on conflict (digest) do nothing`.execute(trx);
  await trx
    .updateTable('incident')
    .set({ state: 'closed', closed_by: actor, closed_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
  await appendOutbox(trx, {
    subject: `incident/${id}`,
    step: 'closed',
    type: 'incident.closed',
    actor,
    data: { reason },
  });
}

async function requestRelease(trx: Trx, digest: Digest, reason: string, actor: string): Promise<ReleaseOutcome> {
  await advanceIncidentEpoch(trx);
  const held = await trx
    .selectFrom('incident_subject')
    .innerJoin('incident', 'incident.id', 'incident_subject.incident')
    .select(['incident_subject.incident', 'incident_subject.state'])
    .where('incident_subject.digest', '=', digest)
    .where('incident_subject.state', '<>', 'released')
    .where('incident.state', '<>', 'closed')
    .orderBy('incident.opened_at')
    .executeTakeFirst();
  if (held === undefined) return { outcome: 'refused', reason: `${digest} is held by no open incident` };
  const waiting = await trx
    .selectFrom('release_request')
    .select('id')
    .where('incident', '=', held.incident)
    .where('digest', '=', digest)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (waiting !== undefined) return { outcome: 'waiting', request: waiting.id };
  const rebuilds = await trx
    .selectFrom('rebuild')
    .select(['id', 'state', 'new_digest'])
    .where('digest', '=', digest)
    .where('state', 'in', ['identical', 'different'])
    .orderBy('ended_at', 'desc')
    .execute();
  const id = `rel-${randomBytes(6).toString('hex')}`;
  const evidence = {
    rebuilds: rebuilds.map(({ id: rebuild, state, new_digest }) => ({ rebuild, state, digest: new_digest })),
  };
  await trx
    .insertInto('release_request')
    .values({
      id,
      incident: held.incident,
      digest,
      requested_by: actor,
      reason,
      evidence: JSON.stringify(evidence),
      decided_by: null,
    })
    .execute();
  await appendOutbox(trx, {
    subject: `incident/${held.incident}`,
    step: `release-requested/${id}`,
    type: 'incident.release-requested',
    actor,
    data: { digest, reason, request: id, evidence },
  });
  return { outcome: 'waiting', request: id };
}

async function decideRelease(
  trx: Trx,
  { request: id, verb, reason, actor }: Parameters<IncidentDesk['decideRelease']>[0],
): Promise<ReleaseOutcome> {
  await advanceIncidentEpoch(trx);
  const request = await trx
    .selectFrom('release_request')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (request === undefined) throw new IncidentError('RELEASE_UNKNOWN', `there is no release request ${id}`);
  if (request.state !== 'waiting')
    return { outcome: 'refused', reason: `it was ${request.state} by ${request.decided_by ?? 'somebody'} already` };
  if (request.requested_by === actor)
    return { outcome: 'refused', reason: `${actor} asked for the release: somebody else must decide` };
  await trx
    .updateTable('release_request')
    .set({ state: verb === 'approve' ? 'approved' : 'rejected', decided_by: actor, decided_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
  await appendOutbox(trx, {
    subject: `incident/${request.incident}`,
    step: `release-decided/${id}`,
    type: `incident.release-${verb === 'approve' ? 'approved' : 'rejected'}`,
    actor,
    data: { digest: request.digest, reason, request: id },
  });
  if (verb === 'reject') return { outcome: 'refused', reason: `rejected by ${actor}: ${reason}` };
  return release(trx, request, actor, reason);
}

async function release(
  trx: Trx,
  request: { incident: string; digest: string; requested_by: string; evidence: object; reason: string },
  actor: string,
  reason: string,
): Promise<ReleaseOutcome> {
  const { incident } = request;
  const digest = request.digest as Digest;
  const children = await trx
    .selectFrom('artifact_edge')
    .innerJoin('incident_subject', 'incident_subject.digest', 'artifact_edge.child')
    .select('artifact_edge.child')
    .where('artifact_edge.parent', '=', digest)
    .where('incident_subject.incident', '=', incident)
    .where('incident_subject.relation', '=', 'child')
    .execute();
  // Children were fenced because of it, and come out with it.
  const digests = [digest, ...children.map((row) => row.child as Digest)];
  await lockFences(trx, digests);
  for (const excused of digests)
    await trx
      .insertInto('incident_excusal')
      .values({
        incident,
        digest: excused,
        evidence: JSON.stringify(request.evidence),
        requested_by: request.requested_by,
        approvers: JSON.stringify([actor]),
        reason: request.reason,
      })
      .onConflict((conflict) => conflict.columns(['incident', 'digest']).doNothing())
      .execute();
  await trx
    .updateTable('incident_subject')
    .set({ state: 'released', released_at: sql<Date>`now()` })
    .where('incident', '=', incident)
    .where('digest', 'in', digests)
    .execute();
  const other = await trx
    .selectFrom('incident_subject')
    .innerJoin('incident', 'incident.id', 'incident_subject.incident')
    .select('incident.id')
    .where('incident_subject.digest', 'in', digests)
    .where('incident_subject.state', '<>', 'released')
    .where('incident.state', '<>', 'closed')
    .execute();
  if (other.length > 0) {
    await trx
      .updateTable('artifact_fence')
      .set({ incident: other[0]?.id ?? null, changed_at: sql<Date>`now()` })
      .where('digest', 'in', digests)
      .execute();
    return {
      outcome: 'refused',
      reason: `released from ${incident}; still held by ${other.map((row) => row.id).join(', ')}`,
    };
  }
  await trx
    .updateTable('artifact_fence')
    .set({ state: 'clear', incident: null, reason: '', changed_at: sql<Date>`now()` })
    .where('digest', 'in', digests)
    .execute();
  const holders = await trx
    .selectFrom('artifact')
    .select('repository')
    .where('digest', '=', digest)
    .where('kind', 'is not', null)
    .execute();
  for (const { repository } of holders) {
    await appendOutbox(trx, {
      subject: `${repository}@${digest}`,
      step: `released/${incident}`,
      type: 'artifact.released',
      actor,
      data: { incident, reason },
    });
    // Back through the same gates: a new generation judges it and asks for its promotions.
    await openGeneration(trx, { repository, digest }, 'release', undefined);
  }
  return { outcome: 'released', incidents: [incident], repositories: holders.map((row) => row.repository) };
}
