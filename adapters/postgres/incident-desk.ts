/** Opening and closing incidents: each one transaction that takes the epoch exclusively. */

import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Fence } from '../../domain/incident/fence.ts';
import { type IncidentDesk, IncidentError, type IncidentPreview } from '../../domain/incident/incident-desk.ts';
import type { Selector } from '../../domain/incident/selector.ts';
import { provenEnvironments } from '../../domain/policy/approval-rule.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { closureOf, raiseFences } from './fence.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { decideRelease, requestRelease } from './release-artifact.ts';
import { isOwn, requestReverification } from './request-reverification.ts';
import { resolveNamed } from './resolve-named.ts';
import { revokeIdentity } from './revoke-identity.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Wakes whoever starts workflows: called after commit, so that nobody waits for the sweeper. */
export type Wake = () => Promise<void>;

export function createIncidentDesk(db: Database, policies: PolicyStore, wake: Wake): IncidentDesk {
  return {
    async preview(selector) {
      const resolved = await resolveNamed(db, await policies.current(), selector);
      return transact(db, async (trx) => preview(trx, await closureOf(trx, resolved)));
    },
    async open({ selector, reason, actor }) {
      const resolved = await resolveNamed(db, await policies.current(), selector);
      const opened = await transact(db, (trx) => openIncident(trx, resolved, reason, actor));
      await reach('incident.fenced', opened.id);
      await wake();
      return opened;
    },
    close: ({ incident, reason, actor }) => transact(db, (trx) => close(trx, incident, reason, actor)),
    requestRelease: (request) => transact(db, (trx) => requestRelease(trx, request)),
    async decideRelease(decision) {
      const [production] = provenEnvironments((await policies.current()).document.environments);
      if (decision.verb === 'approve' && decision.proof === undefined && production !== undefined)
        return {
          outcome: 'unproven',
          reason: `${production} enforces, and a release takes a proof of the approver's own: sign it with a key that is registered as yours`,
        };
      const outcome = await transact(db, (trx) => decideRelease(trx, decision));
      await reach('release.decided', decision.request);
      await wake();
      return outcome;
    },
  };
}

async function preview(trx: Trx, fence: Fence): Promise<IncidentPreview> {
  const digests = fence.fenced.map((subject) => subject.digest);
  const { rows: places } = await sql<{ digest: string; repositories: string[] | null; environments: string[] | null }>`
    select d as digest,
      (select array_agg(repository order by repository) from artifact a where a.digest = d) as repositories,
      (select array_agg(distinct environment) from placement p where p.digest = d and p.state <> 'removed') as environments
    from unnest(${digests}::text[]) as d`.execute(trx);
  const byDigest = new Map(places.map((row) => [row.digest, row]));
  return {
    subjects: fence.fenced.map(({ digest, relation }) => ({
      digest,
      relation,
      repositories: byDigest.get(digest)?.repositories ?? [],
      environments: byDigest.get(digest)?.environments ?? [],
    })),
    shared: fence.shared.map((shared) => shared.digest),
  };
}

/** Fences everything the resolved selector names, and asks for what takes it out. */
export async function openIncident(trx: Trx, selector: Selector, reason: string, actor: string) {
  await advanceIncidentEpoch(trx);
  const id = `inc-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  await trx
    .insertInto('incident')
    .values({ id, selector: JSON.stringify(selector), reason, opened_by: actor, closed_by: null })
    .execute();
  // A signer or builder under suspicion vouches for nothing: verdicts that rested on it are judged again.
  if (selector.kind === 'signer' || selector.kind === 'builder') {
    // Nothing stands, also what an earlier revocation let stand.
    const { kind, value } = selector;
    const isNew = await revokeIdentity(trx, { kind, value, reason, actor, incident: id });
    // What a key or identity of ours let in bears no fact that could select it: it is listed, as where the key itself is revoked.
    if (isNew && kind === 'signer' && (await isOwn(trx, value))) await requestReverification(trx, kind, value);
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
