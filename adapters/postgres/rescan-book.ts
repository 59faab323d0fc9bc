/** A rescan's second half: whoever runs what is affected is told, its gates look again, and by policy an incident opens. */
import { sql, type Transaction } from 'kysely';
import type { RescanBook, RescanReport } from '../../domain/advisory/rescan-book.ts';
import { type ArtifactKey, workflowIds } from '../../domain/artifact/subject.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { askAttested } from './ask-attested.ts';
import { askFresh } from './ask-fresh.ts';
import { shownPurl } from './component-key.ts';
import { type Database, transact } from './database.ts';
import { endGrandfatherings } from './end-grandfatherings.ts';
import { newRunningFindings, openFindingIncidents } from './finding-incidents.ts';
import { openGeneration } from './intake-ledger.ts';
import { matchAgain } from './match-again.ts';
import { openPlaces } from './open-places.ts';
import { catchUp, matchEpochs } from './rescan-matches.ts';
import type { Schema } from './schema.ts';
import { nextEnd, tellDecisions } from './tell-decisions.ts';
import { tellExceptions } from './tell-exceptions.ts';
import { requestWake } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Stocks whose artifacts are told in one transaction. */
const STOCKS = 300;
/** Changes marked in one statement. */
const MARKED = 5000;
/** Changes named in one event. */
const NAMED = 50;

export function createRescanBook(db: Database, policy: () => Promise<Policy>): RescanBook {
  return {
    async rescan(progress): Promise<RescanReport> {
      const started = await readClock(db);
      await catchUp(db, progress);
      const { epoch, versions, changes } = await matchEpochs(db, progress);
      await matchAgain(db, progress);
      await reach('rescan.matched', String(epoch));
      const untold = await readUntold(db, epoch);
      await waitForDoors(db);
      const inForce = await policy();
      await askAttested(db, inForce, progress);
      await askFresh(db, progress);
      const incidents = await openFindingIncidents(db, inForce, await newRunningFindings(db, epoch));
      const artifacts = await tellAll(db, epoch, untold, progress);
      const decided = await tellDecisions(db, inForce, progress);
      await sql`
        update rescan_state set through = greatest(through, ${epoch}), ended_at = ${started}`.execute(db);
      return {
        ...{ epoch, versions, changes },
        artifacts: artifacts + decided.artifacts,
        incidents: [...incidents, ...decided.incidents],
      };
    },
    async wakeDecisions(progress) {
      const inForce = await policy();
      await waitForDoors(db);
      const { ended, artifacts, incidents } = await tellDecisions(db, inForce, progress);
      const excepted = await tellExceptions(db, inForce, progress);
      const imported = await endGrandfatherings(db, progress);
      const [next] = [await nextEnd(db, inForce), excepted.next, imported.next]
        .filter((end) => end !== undefined)
        .sort();
      return {
        ...{ ended: ended + excepted.ended + imported.ended, artifacts: artifacts + excepted.artifacts, incidents },
        ...(next === undefined ? {} : { next }),
      };
    },
  };
}

async function readClock(db: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date();
}

/**
 * Whoever reserves or goes live shares the incident epoch, and looks at the findings then. Once nobody does who began before
 * the findings were written, what is live is live in the rows read from here on, or will look again.
 */
function waitForDoors(db: Database): Promise<void> {
  return transact(db, async (trx) => void (await sql`select value from incident_epoch for update`.execute(trx)));
}

/** A row of `finding_change`, as it is told. */
interface Untold {
  readonly epoch: number;
  readonly component: number;
  readonly advisory: string;
  readonly change: string;
  readonly severity: string;
  readonly fixed_in: string | null;
}

/** What this rescan answers for: whoever matches meanwhile writes changes of the same epoch, which the next one tells. */
async function readUntold(db: Database, epoch: number): Promise<readonly Untold[]> {
  const { rows } = await sql<Untold>`
    select epoch, component, advisory, change, severity, fixed_in from finding_change
    where told_at is null and epoch <= ${epoch}`.execute(db);
  return rows;
}

/** Of them, those that are still as they were. */
async function markTold(db: Database, told: readonly Untold[]): Promise<void> {
  for (let start = 0; start < told.length; start += MARKED)
    await sql`
      update finding_change f set told_at = now()
      from jsonb_to_recordset(${JSON.stringify(told.slice(start, start + MARKED))}::jsonb)
        as r(epoch bigint, component bigint, advisory text, change text, severity text, fixed_in text)
      where f.epoch = r.epoch and f.component = r.component and f.advisory = r.advisory and f.told_at is null
        and (f.change, f.severity, f.fixed_in) is not distinct from (r.change, r.severity, r.fixed_in)`.execute(db);
}

/** Returns how many artifacts there were, platform by platform. */
async function tellAll(
  db: Database,
  epoch: number,
  untold: readonly Untold[],
  progress: (place: string) => void,
): Promise<number> {
  const { rows: stocks } = await sql<{ stock: number }>`
    select distinct l.stock from finding_change f join layer_component m on m.component = f.component
      join stock_layer l on l.layer_set = m.layer_set
    where f.told_at is null and f.epoch <= ${epoch} order by 1`.execute(db);
  let told = 0;
  for (let start = 0; start < stocks.length; start += STOCKS) {
    progress(`telling ${start} of ${stocks.length}`);
    const chunk = stocks.slice(start, start + STOCKS).map(({ stock }) => stock);
    told += await transact(db, (trx) => tell(trx, epoch, chunk));
  }
  await markTold(db, untold);
  return told;
}

/** Gates first: the events are last in the order of locks. A step that was told before is told once. */
async function tell(trx: Trx, epoch: number, stocks: readonly number[]): Promise<number> {
  const { rows: keys } = await sql<ArtifactKey & { environment: string | null; state: string | null }>`
    select distinct a.repository, a.digest, p.environment, p.state from stock s join artifact_contents x on x.stock = s.digest
      join artifact a on a.digest = x.digest
      join ${openPlaces} p on p.repository = a.repository and p.digest = a.digest
    where s.id = any(${[...stocks]}::integer[]) order by 1, 2, 3`.execute(trx);
  const running = new Map(keys.map((key) => [`${key.repository}@${key.digest}`, key]));
  for (const { repository, digest } of running.values())
    await openGeneration(trx, { repository, digest }, 'advisories', undefined);
  for (const { repository, digest, environment, state } of keys)
    if (environment !== null && state !== 'live')
      await requestWake(trx, workflowIds.promotion(environment, { repository, digest }));
  const { rows } = await sql<{ count: number }>`
    with touched as (
      select s.id, s.digest, count(*)::int as changed,
        (jsonb_agg(jsonb_build_object('change', f.change, 'advisory', f.advisory, 'purl', ${shownPurl}, 'severity', f.severity,
          'fixedIn', f.fixed_in) order by f.change, f.advisory, c.purl)) as changes
      from stock s cross join lateral (
          select distinct m.component from stock_layer l join layer_component m on m.layer_set = l.layer_set where l.stock = s.id) m
        join finding_change f on f.component = m.component and f.told_at is null and f.epoch <= ${epoch}
        join component c on c.id = f.component
      where s.id = any(${[...stocks]}::integer[]) group by 1, 2),
    events as materialized (
      select a.repository || '@' || a.digest as subject, t.id, jsonb_build_object('epoch', ${epoch}::bigint, 'platform', x.platform,
        'changed', t.changed, 'changes', jsonb_path_query_array(t.changes, ${`$[0 to ${NAMED - 1}]`}::jsonpath),
        'environments', array(select distinct p.environment from placement p
          where p.digest = a.digest and p.state = 'live' order by 1))
        || case when x.attested_by is null then '{}'::jsonb else jsonb_build_object('attestedBy', x.attested_by) end as data
      from touched t join artifact_contents x on x.stock = t.digest join artifact a on a.digest = x.digest order by 1, 2)
    select count(append_outbox(subject, 'findings/' || ${epoch}::bigint || '/' || id || '/' || left(md5(data::text), 8), 'artifact.findings-changed', 'system', data, null))::int as count
    from events`.execute(trx);
  return rows[0]?.count ?? 0;
}
