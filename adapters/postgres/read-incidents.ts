import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';
import { type ReleaseSummary, readReleases } from './read-releases.ts';
import { rebuildAnswers } from './rebuild-answers.ts';

export interface IncidentSummary {
  id: string;
  selector: { kind: string; value: string };
  reason: string;
  state: 'open' | 'contained' | 'closed';
  openedBy: string;
  openedAt: string;
  containedAt: string | null;
  closedBy: string | null;
  closedAt: string | null;
  /** How many subjects are in each state. */
  subjects: { fenced: number; removing: number; confirmed: number; released: number };
}

interface IncidentSubject {
  digest: string;
  relation: string;
  state: string;
  repositories: string[];
  /** Environments that still have it. */
  environments: string[];
  detail: Record<string, unknown>;
  fencedAt: string;
  confirmedAt: string | null;
  releasedAt: string | null;
}

export interface IncidentDetail extends IncidentSummary {
  /** At most 1000; `subjects` counts all of them. */
  subjectList: IncidentSubject[];
  releases: ReleaseSummary[];
  /** Of what it selected, and those that were asked for because of it; oldest first. */
  rebuilds: IncidentRebuild[];
}

interface IncidentRebuild {
  id: string;
  repository: string;
  digest: string;
  state: string;
  newDigest: string | null;
  /** Whether it answers what the incident is about; null where it has not ended, or failed. */
  clears: boolean | null;
  /** Where it does not, what is lacking. */
  why: string | null;
}

const SUBJECTS_SHOWN = 1000;

function summaries(db: Database) {
  const count = (state: string) =>
    sql<number>`(select count(*) from incident_subject s where s.incident = i.id and s.state = ${state})`;
  return db
    .selectFrom('incident as i')
    .selectAll('i')
    .select(exactTime('i.opened_at').as('position'))
    .select([
      count('fenced').as('fenced'),
      count('removing').as('removing'),
      count('confirmed').as('confirmed'),
      count('released').as('released'),
    ]);
}

type SummaryRow = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

function toSummary(row: SummaryRow): IncidentSummary {
  return {
    id: row.id,
    selector: row.selector as IncidentSummary['selector'],
    reason: row.reason,
    state: row.state,
    openedBy: row.opened_by,
    openedAt: row.opened_at.toISOString(),
    containedAt: row.contained_at?.toISOString() ?? null,
    closedBy: row.closed_by,
    closedAt: row.closed_at?.toISOString() ?? null,
    subjects: { fenced: row.fenced, removing: row.removing, confirmed: row.confirmed, released: row.released },
  };
}

/** Last opened first. */
export async function listIncidents(
  db: Database,
  filter: { readonly state: IncidentSummary['state'] | undefined },
  page: PageRequest,
): Promise<Page<IncidentSummary>> {
  let query = summaries(db);
  if (filter.state !== undefined) query = query.where('i.state', '=', filter.state);
  if (page.after !== undefined) {
    const [at, id] = page.after;
    query = query.where(sql<boolean>`(i.opened_at, i.id) < (${at}::timestamptz, ${id})`);
  }
  const rows = await query
    .orderBy('i.opened_at', 'desc')
    .orderBy('i.id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page, (row) => [row.position, row.id], toSummary);
}

export async function readIncident(db: Database, id: string): Promise<IncidentDetail | undefined> {
  const row = await summaries(db).where('i.id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const [subjectList, releases, rebuilds] = await Promise.all([
    readSubjects(db, id),
    readReleases(db, id),
    readRebuilds(db, id),
  ]);
  return { ...toSummary(row), subjectList, releases, rebuilds };
}

/** Of all it selected, whoever asked for them and when: what a release is decided on goes by the digest too. */
async function readRebuilds(db: Database, incident: string): Promise<IncidentRebuild[]> {
  const rebuilds = await db
    .selectFrom('rebuild')
    .select(['id', 'repository', 'digest', 'state', 'new_digest as newDigest'])
    .where(({ eb, or, selectFrom }) =>
      or([
        eb('incident', '=', incident),
        eb('digest', 'in', selectFrom('incident_subject').select('digest').where('incident', '=', incident)),
      ]),
    )
    .orderBy('requested_at')
    .orderBy('id')
    .execute();
  const digests = [...new Set(rebuilds.map(({ digest }) => digest as Digest))];
  const answers = new Map(
    (await rebuildAnswers(db, digests, incident)).map((answer) => [answer.rebuild, answer] as const),
  );
  return rebuilds.map((rebuild) => {
    // One that has ended since the rows were read is shown as it was read.
    const answer = rebuild.newDigest === null ? undefined : answers.get(rebuild.id);
    if (answer === undefined) return { ...rebuild, clears: null, why: null };
    return { ...rebuild, clears: answer.clears, why: answer.clears ? null : answer.why };
  });
}

async function readSubjects(db: Database, incident: string): Promise<IncidentSubject[]> {
  const rows = await db
    .selectFrom('incident_subject as s')
    .selectAll('s')
    .select([
      sql<string[]>`array(select repository from artifact a where a.digest = s.digest order by 1)`.as('repositories'),
      sql<
        string[]
      >`array(select distinct environment from placement p where p.digest = s.digest and p.state <> 'removed' order by 1)`.as(
        'environments',
      ),
    ])
    .where('s.incident', '=', incident)
    .orderBy('s.fenced_at')
    .orderBy('s.digest')
    .limit(SUBJECTS_SHOWN)
    .execute();
  return rows.map((row) => ({
    digest: row.digest,
    relation: row.relation,
    state: row.state,
    repositories: row.repositories,
    environments: row.environments,
    detail: row.detail as Record<string, unknown>,
    fencedAt: row.fenced_at.toISOString(),
    confirmedAt: row.confirmed_at?.toISOString() ?? null,
    releasedAt: row.released_at?.toISOString() ?? null,
  }));
}
