/**
 * Letting one artifact out, of an open incident or of what a closed one left: one person asks, another decides. Both take the
 * epoch exclusively.
 */
import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { subjectOf } from '../../domain/artifact/subject.ts';
import { type IncidentDesk, IncidentError, type ReleaseOutcome } from '../../domain/incident/incident-desk.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { lockFences } from './fence.ts';
import { openGeneration } from './intake-ledger.ts';
import { withInside } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import { principalsOf } from './principals.ts';
import { rebuildAnswers } from './rebuild-answers.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
type Request = Parameters<IncidentDesk['requestRelease']>[0];
type Decision = Parameters<IncidentDesk['decideRelease']>[0];

const refused = (reason: string): ReleaseOutcome => ({ outcome: 'refused', reason });

export async function requestRelease(trx: Trx, { digest, reason, actor }: Request): Promise<ReleaseOutcome> {
  await advanceIncidentEpoch(trx);
  const incident = (await holderOf(trx, digest)) ?? (await denierOf(trx, digest));
  if (incident === undefined) return refused(`${digest} is held by no open incident, and denied by no closed one`);
  const contents = await heldInside(trx, incident, digest);
  if (contents.outcome === 'refused') return contents;
  const waiting = await trx
    .selectFrom('release_request')
    .select('id')
    .where('incident', '=', incident)
    .where('digest', '=', digest)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (waiting !== undefined) return { outcome: 'waiting', request: waiting.id };
  const id = `rel-${randomBytes(6).toString('hex')}`;
  const evidence = await releaseEvidence(trx, digest, incident);
  await trx
    .insertInto('release_request')
    .values({ id, incident, digest, requested_by: actor, reason, evidence: JSON.stringify(evidence), decided_by: null })
    .execute();
  await appendOutbox(trx, {
    subject: `incident/${incident}`,
    step: `release-requested/${id}`,
    type: 'incident.release-requested',
    actor,
    data: { digest, reason, request: id, evidence },
  });
  return { outcome: 'waiting', request: id };
}

/** What is known for and against letting it out, at this moment. */
async function releaseEvidence(trx: Trx, digest: Digest, incident: string) {
  const answers = await rebuildAnswers(trx, [digest], incident);
  return { rebuilds: answers.map(({ of: _, ...answer }) => answer) };
}

/** The open incident that has held it longest. */
async function holderOf(trx: Trx, digest: Digest): Promise<string | undefined> {
  const held = await trx
    .selectFrom('incident_subject')
    .innerJoin('incident', 'incident.id', 'incident_subject.incident')
    .select('incident_subject.incident')
    .where('incident_subject.digest', '=', digest)
    .where('incident_subject.state', '<>', 'released')
    .where('incident.state', '<>', 'closed')
    .orderBy('incident.opened_at')
    .orderBy('incident.id')
    .executeTakeFirst();
  return held?.incident;
}

/** The closed incident that keeps it out. */
async function denierOf(trx: Trx, digest: Digest): Promise<string | undefined> {
  const denied = await trx.selectFrom('deny_entry').select('incident').where('digest', '=', digest).executeTakeFirst();
  return denied?.incident;
}

/** What this incident left is taken back; where another closed one holds it too, its entry takes the place. */
async function liftDenial(trx: Trx, incident: string, digests: readonly Digest[]): Promise<void> {
  await trx.deleteFrom('deny_entry').where('incident', '=', incident).where('digest', 'in', digests).execute();
  await sql`
    insert into deny_entry (digest, incident, reason)
    select distinct on (s.digest) s.digest, i.id, i.reason from incident_subject s join incident i on i.id = s.incident
    where s.digest = any(${digests}::text[]) and s.state <> 'released' and i.state = 'closed'
    order by s.digest, i.closed_at, i.id on conflict (digest) do nothing`.execute(trx);
}

/**
 * What is inside an index comes out with it: its digest covers their bytes. But not where the index is held because of
 * what is inside: that must be let out first, on evidence of its own.
 */
async function heldInside(
  trx: Trx,
  incident: string,
  digest: string,
): Promise<{ outcome: 'found'; digests: Digest[] } | { outcome: 'refused'; reason: string }> {
  const inside = await sql<{ digest: Digest }>`
    select digest from incident_subject
    where incident = ${incident} and state <> 'released' and digest <> ${digest} and digest = any(${withInside(digest)}) order by digest`.execute(
    trx,
  );
  const digests = inside.rows.map((row) => row.digest);
  const own = await trx
    .selectFrom('incident_subject')
    .select('relation')
    .where('incident', '=', incident)
    .where('digest', '=', digest)
    .executeTakeFirst();
  const [first] = digests;
  if (own?.relation === 'parent' && first !== undefined)
    return { outcome: 'refused', reason: `${digest} contains ${first}, which ${incident} holds: release that first` };
  return { outcome: 'found', digests };
}

export async function decideRelease(trx: Trx, decision: Decision): Promise<ReleaseOutcome> {
  const { request: id, verb, reason, actor, proof } = decision;
  await advanceIncidentEpoch(trx);
  const request = await trx
    .selectFrom('release_request')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (request === undefined) throw new IncidentError('RELEASE_UNKNOWN', `there is no release request ${id}`);
  if (request.state !== 'waiting')
    return refused(`it was ${request.state} by ${request.decided_by ?? 'somebody'} already`);
  // People, not names: who asked under another subject may have been joined to this one since.
  const [asker, decider] = await principalsOf(trx, [request.requested_by, actor]);
  if (asker === decider) return refused(`${actor} asked for the release: somebody else must decide`);
  const contents = verb === 'reject' ? undefined : await heldInside(trx, request.incident, request.digest);
  if (contents?.outcome === 'refused') return contents;
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
    data: { digest: request.digest, reason, request: id, ...(proof === undefined ? {} : { proof }) },
  });
  if (contents === undefined) return { outcome: 'rejected', request: id, reason: `rejected by ${actor}: ${reason}` };
  return release(trx, request, contents.digests, decision);
}

async function release(
  trx: Trx,
  request: { id: string; incident: string; digest: string; requested_by: string; reason: string },
  inside: readonly Digest[],
  { actor, reason, proof }: Decision,
): Promise<ReleaseOutcome> {
  const { incident } = request;
  const digest = request.digest as Digest;
  // As whoever decided was shown it: a rebuild may have ended since the release was asked for.
  const evidence = await releaseEvidence(trx, digest, incident);
  const digests = [digest, ...inside];
  const proven = proof === undefined ? null : JSON.stringify({ request: request.id, digest, by: actor, reason, proof });
  await lockFences(trx, digests);
  await sql`
    insert into incident_excusal (incident, digest, evidence, requested_by, approvers, reason, decision)
    select ${incident}, d, ${JSON.stringify(evidence)}::jsonb, ${request.requested_by}, ${JSON.stringify([actor])}::jsonb, ${request.reason}, ${proven}::jsonb
    from unnest(${digests}::text[]) as d on conflict (incident, digest) do nothing`.execute(trx);
  await trx
    .updateTable('incident_subject')
    .set({ state: 'released', released_at: sql<Date>`now()` })
    .where('incident', '=', incident)
    .where('digest', 'in', digests)
    .execute();
  await liftDenial(trx, incident, digests);
  const remaining = await lowerFences(trx, digests);
  if (remaining.length > 0) return refused(`released from ${incident}; still held by ${remaining.join(', ')}`);
  const holders = await trx
    .selectFrom('artifact')
    .select(['repository', 'digest'])
    .where('digest', 'in', digests)
    .where('kind', 'is not', null)
    .orderBy('repository')
    .orderBy('digest')
    .execute();
  for (const holder of holders) {
    const key = { repository: holder.repository, digest: holder.digest as Digest };
    await appendOutbox(trx, {
      subject: subjectOf(key),
      step: `released/${incident}`,
      type: 'artifact.released',
      actor,
      data: { incident, reason },
    });
    // Back through the same gates: a new generation judges it and asks for its promotions.
    await openGeneration(trx, key, 'release', undefined);
  }
  const repositories = holders.filter((holder) => holder.digest === digest).map(({ repository }) => repository);
  return { outcome: 'released', incidents: [incident], repositories };
}

/** Each fence falls unless another incident holds that digest: then it says so. Returns the incidents that still hold any of them. */
async function lowerFences(trx: Trx, digests: readonly Digest[]): Promise<string[]> {
  const lowered = await sql<{ incident: string | null }>`
    update artifact_fence f set changed_at = now(), incident = o.id, reason = coalesce(o.reason, ''),
      state = case when o.id is null then 'clear' else 'fenced' end
    from unnest(${digests}::text[]) as d(digest) left join lateral (
      select i.id, i.reason from incident_subject s join incident i on i.id = s.incident
      where s.digest = d.digest and s.state <> 'released' and i.state <> 'closed' order by i.opened_at, i.id limit 1) o on true
    where f.digest = d.digest returning f.incident`.execute(trx);
  const denied = await sql<{ incident: string }>`
    select incident from deny_entry where digest = any(${digests}::text[])`.execute(trx);
  const held = [...lowered.rows, ...denied.rows].flatMap(({ incident }) => incident ?? []);
  return [...new Set(held)].sort();
}
