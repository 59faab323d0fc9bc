/**
 * What becomes of decisions is told: one was made or revoked, or its time is over. Whatever it was about is judged again where it
 * runs or waits, an event says so as it does for a new finding, and by policy an incident opens for what counts again.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type FindingDecision, suppresses } from '../../domain/advisory/decision/decision.ts';
import { isMalicious, namesOf } from '../../domain/advisory/finding.ts';
import { subjectOf } from '../../domain/artifact/subject.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { RunningFinding } from '../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, transact } from './database.ts';
import { outdateVerdicts, type Reached, reachOf } from './decision-reach.ts';
import { decisionsAbout, decisionsById } from './decision-rows.ts';
import { isTakenOut } from './finding-counts.ts';
import { openFindingIncidents } from './finding-incidents.ts';
import { judgeAgain } from './judge-again.ts';
import { appendOutbox, appendOutboxAll, type OutboxEntry } from './outbox.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
type What = 'made' | 'revoked' | 'expired';

/** Decisions that are told of together. */
const DECISIONS = 200;
/** Artifacts in one transaction. */
const ARTIFACTS = 200;
/** Changes named in one event. */
const NAMED = 50;

export interface ToldDecisions {
  /** Decisions that something happened to. */
  readonly decisions: number;
  /** Those of them whose time was over. */
  readonly ended: number;
  /** Artifacts that were told of, platform by platform. */
  readonly artifacts: number;
  readonly incidents: readonly string[];
}

/** Tried again after any of its writes, it goes on where it stopped. */
export async function tellDecisions(
  db: Database,
  policy: Policy,
  progress: (place: string) => void,
): Promise<ToldDecisions> {
  const told = { decisions: 0, ended: await noteEnded(db, policy), artifacts: 0, incidents: [] as string[] };
  for (;;) {
    const batch = await untold(db);
    if (batch.size === 0) return told;
    progress(`telling of ${batch.size} decisions`);
    const effects = await effectsOf(db, policy, batch);
    await reach('decisions.found', String(batch.size));
    told.incidents.push(...(await openFindingIncidents(db, policy, runningOf(effects))));
    told.artifacts += await tellArtifacts(db, effects, progress);
    await markTold(db, batch);
    told.decisions += batch.size;
  }
}

/** An accepted risk ends where the policy in force ends it. */
const endOfRow = (policy: Policy): RawBuilder<Date> => sql`
  least(d.expires_at, case when d.state = 'accepted_risk'
    then d.made_at + make_interval(secs => ${policy.document.findingDecisions.acceptedRisk}) end)`;

async function noteEnded(db: Database, policy: Policy): Promise<number> {
  return transact(db, async (trx) => {
    const { rows } = await sql<{ decision: string }>`
      insert into finding_decision_news (decision, what)
      select d.id, 'expired' from finding_decision d where ${endOfRow(policy)} <= clock_timestamp()
        and not exists (select from finding_decision_revocation r where r.decision = d.id)
        and not exists (select from finding_decision_news n where n.decision = d.id and n.what = 'expired')
      order by d.id on conflict do nothing returning decision`.execute(trx);
    for (const { decision } of rows)
      await appendOutbox(trx, {
        ...{ subject: `decision/${decision}`, step: 'expired', type: 'finding-decision.expired', actor: 'system' },
        data: {},
      });
    return rows.length;
  });
}

/** RFC 3339: when the next decision ends; undefined where none does. */
export async function nextEnd(db: Database, policy: Policy): Promise<string | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(${endOfRow(policy)}) as at from finding_decision d
    where not exists (select from finding_decision_revocation r where r.decision = d.id)
      and not exists (select from finding_decision_news n where n.decision = d.id and n.what = 'expired')`.execute(db);
  return rows[0]?.at?.toISOString();
}

/** By decision, what happened to it last; oldest news first. */
async function untold(db: Database): Promise<Map<string, What[]>> {
  const { rows } = await sql<{ decision: string; what: What }>`
    select decision, what from finding_decision_news where decision in (
      select decision from finding_decision_news where told_at is null group by 1 order by min(at) limit ${DECISIONS})
      and told_at is null order by at, what`.execute(db);
  return new Map(
    [...Map.groupBy(rows, ({ decision }) => decision)].map(([id, own]) => [id, own.map(({ what }) => what)]),
  );
}

/** Whichever of them were told meanwhile, by another: the events are the same steps. */
async function markTold(db: Database, batch: ReadonlyMap<string, readonly What[]>): Promise<void> {
  for (const [decision, whats] of batch)
    await sql`
      update finding_decision_news set told_at = now() where decision = ${decision} and what = any(${[...whats]}::text[])
        and told_at is null`.execute(db);
}

/** What a decision changed of one finding in one platform of an artifact. */
interface Effect extends Reached {
  readonly what: What;
  readonly environments: readonly string[];
  readonly change: 'appeared' | 'suppressed' | 'changed';
}

async function effectsOf(db: Database, policy: Policy, batch: ReadonlyMap<string, readonly What[]>): Promise<Effect[]> {
  const reached = await reachOf(db, await decisionsById(db, [...batch.keys()]));
  const live = await environmentsOf(db, reached);
  const standing = byNames(
    await decisionsAbout(
      db,
      reached.flatMap(({ finding }) => namesOf(finding)),
    ),
  );
  const effects: Effect[] = [];
  for (const one of reached) {
    const what = batch.get(one.decision.id)?.at(-1) ?? 'made';
    const { environment } = one.decision.scope;
    const everywhere = live.get(one.digest) ?? [];
    const environments = environment === undefined ? everywhere : everywhere.filter((name) => name === environment);
    const counting: string[] = [];
    const place = { repository: one.repository, digests: [one.digest, one.platformDigest] };
    const isOut = (where: string | undefined) =>
      isTakenOut(db, policy, one.finding, standing(namesOf(one.finding)), place, where);
    for (const where of environments) if (!(await isOut(where))) counting.push(where);
    const counts = environments.length === 0 ? !(await isOut(environment)) : counting.length > 0;
    const change = !counts ? 'suppressed' : what !== 'made' && suppresses(one.decision) ? 'appeared' : 'changed';
    effects.push({ ...one, what, environments: counts ? counting : environments, change });
  }
  return effects;
}

/** Those about any of some names; a document may have thousands about others. */
function byNames(decisions: readonly FindingDecision[]): (names: readonly string[]) => FindingDecision[] {
  const known = new Map<string, FindingDecision[]>();
  for (const decision of decisions)
    for (const name of decision.advisories) known.set(name, [...(known.get(name) ?? []), decision]);
  return (names) => [...new Set(names.flatMap((name) => known.get(name) ?? []))];
}

/** Where each artifact runs. */
async function environmentsOf(db: Database, reached: readonly Reached[]): Promise<Map<string, string[]>> {
  const digests = [...new Set(reached.map(({ digest }) => digest))];
  const { rows } = await sql<{ digest: string; environments: string[] }>`
    select digest, array_agg(distinct environment order by environment) as environments from placement
    where state = 'live' and digest = any(${digests}::text[]) group by 1`.execute(db);
  return new Map(rows.map(({ digest, environments }) => [digest, environments]));
}

/** What counts again on something that runs, as a rescan says it. */
function runningOf(effects: readonly Effect[]): RunningFinding[] {
  return effects
    .filter(({ change, environments, isReported }) => change === 'appeared' && environments.length > 0 && !isReported)
    .map(({ finding, environments }) => ({
      purl: finding.purl.replace(/[?#].*$/, ''),
      advisory: finding.advisory,
      severity: finding.severity,
      environments,
      isNew: true,
      isExploited: finding.kev !== undefined,
      isMalicious: isMalicious(finding),
    }));
}

async function tellArtifacts(
  db: Database,
  effects: readonly Effect[],
  progress: (place: string) => void,
): Promise<number> {
  const artifacts = [...Map.groupBy(effects, (effect) => subjectOf(effect)).values()];
  // What runs comes first: its gates are what waits for this. In one transaction they stay in the order of locks.
  const runs = (own: readonly Effect[]) => own.some(({ environments }) => environments.length > 0);
  const ordered = [...artifacts.filter(runs), ...artifacts.filter((own) => !runs(own))];
  let told = 0;
  for (let start = 0; start < ordered.length; start += ARTIFACTS) {
    progress(`telling ${start} of ${ordered.length}`);
    const chunk = ordered.slice(start, start + ARTIFACTS);
    told += await transact(db, (trx) => tell(trx, chunk));
  }
  return told;
}

/** Gates first: the events are last in the order of locks. What was denied looks again where nothing is against it any more. */
async function tell(trx: Trx, artifacts: readonly (readonly Effect[])[]): Promise<number> {
  await outdateVerdicts(trx, artifacts.flat());
  const keys = artifacts.flatMap(([first]) => (first === undefined ? [] : [first]));
  const eased = new Set(artifacts.flat().flatMap((one) => (one.change === 'suppressed' ? [subjectOf(one)] : [])));
  await judgeAgain(
    trx,
    keys.map(({ repository, digest }) => ({ repository, digest, eased: eased.has(subjectOf({ repository, digest })) })),
  );
  const events = artifacts.flatMap((effects) =>
    [...Map.groupBy(effects, ({ stock, decision, what }) => `${decision.id}/${what}/${stock}`).values()].map(toEvent),
  );
  await appendOutboxAll(trx, events);
  return events.length;
}

/** Of one decision, in one platform of an artifact. */
function toEvent(effects: readonly Effect[]): OutboxEntry {
  const [first] = effects;
  if (first === undefined) throw new TypeError('what is told has at least one effect');
  const { decision, what, stock, platform } = first;
  const changes = effects.map(({ change, finding }) => ({
    ...{ change, advisory: finding.advisory, purl: finding.purl, severity: finding.severity },
    fixedIn: finding.fixedIn ?? null,
  }));
  return {
    subject: subjectOf(first),
    step: `decision/${decision.id}/${what}/${stock}`,
    type: 'artifact.findings-changed',
    actor: what === 'made' ? decision.madeBy : what === 'revoked' ? (decision.revoked?.by ?? 'system') : 'system',
    data: {
      platform,
      changed: changes.length,
      changes: changes.slice(0, NAMED),
      environments: [...new Set(effects.flatMap(({ environments }) => environments))].sort(),
      decision: { id: decision.id, state: decision.state, what, reason: decision.reason, owner: decision.owner },
    },
  };
}
