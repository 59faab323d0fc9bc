/**
 * Exceptions of the policy end by themselves, as decisions do: what they let through, and runs or waits, is judged again, and an event
 * says so. They hold no incident back, so that their end opens none.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type Finding, namesOf, type Undecided } from '../../domain/advisory/finding.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import {
  exceptionsOf,
  firstEnd,
  isExcepted,
  type PlacedException,
  UNDECIDED,
} from '../../domain/policy/gates/finding-exceptions.ts';
import { hasEnded } from '../../domain/policy/instant.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { advisoryIdsOf } from './advisory-names.ts';
import { type Database, transact } from './database.ts';
import { judgeAgain } from './judge-again.ts';
import { appendOutbox } from './outbox.ts';

/** Artifacts in one transaction. */
const ARTIFACTS = 200;
/** Changes named in one event. */
const NAMED = 50;

export interface ToldExceptions {
  readonly ended: number;
  readonly artifacts: number;
  /** RFC 3339: when the next one ends. */
  readonly next: string | undefined;
}

/** Tried again after any of its writes, it goes on where it stopped. */
export async function tellExceptions(
  db: Database,
  policy: Policy,
  progress: (place: string) => void,
): Promise<ToldExceptions> {
  const now = new Date().toISOString();
  const all = exceptionsOf(policy.document);
  const ended = await untold(
    db,
    all.filter(({ expires }) => hasEnded(expires, now)),
  );
  let artifacts = 0;
  for (const exception of ended) {
    artifacts += await tell(db, exception, progress);
    const { environment, advisory, purl = '', expires } = exception;
    await sql`insert into policy_exception_end (environment, advisory, purl, expires)
      values (${environment}, ${advisory}, ${purl}, ${expires}) on conflict do nothing`.execute(db);
  }
  return { ended: ended.length, artifacts, next: firstEnd(all, now) };
}

async function untold(db: Database, ended: readonly PlacedException[]): Promise<PlacedException[]> {
  if (ended.length === 0) return [];
  const rows = await db
    .selectFrom('policy_exception_end')
    .select(['environment', 'advisory', 'purl', 'expires'])
    .execute();
  const known = new Set(rows.map(keyOf));
  return [...new Map(ended.map((one) => [keyOf(one), one])).values()].filter((one) => !known.has(keyOf(one)));
}

const keyOf = ({ environment, advisory, purl = '', expires }: Omit<PlacedException, 'reason'>) =>
  JSON.stringify([environment, advisory, purl, expires]);

interface Place extends ArtifactKey {
  readonly live: boolean;
}

interface Counted {
  readonly advisory: string;
  readonly purl: string;
  readonly severity: string;
  readonly fixedIn: string | null;
}

/** Returns how many artifacts it let through. */
async function tell(db: Database, exception: PlacedException, progress: (place: string) => void): Promise<number> {
  const reached = exception.advisory === UNDECIDED ? await everything(db, exception) : await withFinding(db, exception);
  for (let start = 0; start < reached.length; start += ARTIFACTS) {
    progress(`the end of an exception: ${start} of ${reached.length}`);
    const chunk = reached.slice(start, start + ARTIFACTS);
    await transact(db, async (trx) => {
      await judgeAgain(
        trx,
        chunk.map(({ place: { repository, digest } }) => ({ repository, digest, eased: false })),
      );
      for (const { place, found } of chunk) await appendOutbox(trx, eventOf(exception, place, found));
    });
  }
  return reached.length;
}

interface Reached {
  readonly place: Place;
  readonly found: readonly Counted[];
}

function eventOf(
  { environment, advisory, purl, reason, expires }: PlacedException,
  place: Place,
  found: readonly Counted[],
) {
  const id = createHash('sha256').update(keyOf({ environment, advisory, purl, expires })).digest('hex').slice(0, 16);
  return {
    ...{ subject: subjectOf(place), step: `exception/${id}`, type: 'artifact.findings-changed', actor: 'system' },
    data: {
      changed: found.length,
      changes: found.slice(0, NAMED).map((one) => ({ change: 'appeared', ...one })),
      environments: place.live ? [environment] : [],
      exception: { advisory, ...(purl === undefined ? {} : { purl }), environment, reason, expires },
    },
  };
}

/** What runs in the environment, or waits to. */
const isOpen = sql`(p.state in ('requested', 'waiting', 'reserved') or (p.state = 'live' and exists (select from placement l
  where l.digest = p.digest and l.environment = p.environment and l.state = 'live')))`;

/** What could not be decided is not always a row: all of the environment looks again. */
async function everything(db: Database, { environment }: PlacedException): Promise<Reached[]> {
  const { rows } = await sql<Place>`
    select p.repository, p.digest, bool_or(p.state = 'live') as live from promotion p
    where p.environment = ${environment} and ${isOpen} group by 1, 2 order by 1, 2`.execute(db);
  return rows.map((place) => ({ place, found: [] }));
}

async function withFinding(db: Database, exception: PlacedException): Promise<Reached[]> {
  const ids = await advisoryIdsOf(db, [exception.advisory]);
  const { rows } = await sql<Place & { purl: string; decided: boolean; body: Finding | Undecided }>`
    select distinct p.repository, p.digest, p.state = 'live' as live, c.purl, f.decided, f.body
    from component_finding f join component c on c.id = f.component join layer_component m on m.component = f.component
      join stock_layer k on k.layer_set = m.layer_set join stock s on s.id = k.stock
      join artifact_stock x on x.stock = s.digest
      join promotion p on p.digest = x.digest and p.environment = ${exception.environment} and ${isOpen}
    where f.advisory = any(${ids}::text[]) order by 1, 2, c.purl`.execute(db);
  const byPlace = Map.groupBy(rows, subjectOf);
  return [...byPlace.values()].flatMap((own) => {
    const found = own.flatMap(({ purl, decided, body }): Counted[] => {
      const names = decided ? namesOf(body as Finding) : [UNDECIDED, body.advisory ?? ''];
      if (!isExcepted(exception, names, purl)) return [];
      const { severity = 'undecided', fixedIn = null } = body as Partial<Finding>;
      return [{ advisory: body.advisory ?? UNDECIDED, purl, severity, fixedIn }];
    });
    const [first] = own;
    if (first === undefined || found.length === 0) return [];
    const place = { repository: first.repository, digest: first.digest, live: own.some(({ live }) => live) };
    return [{ place, found }];
  });
}
