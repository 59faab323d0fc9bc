import { type Selectable, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';
import type { Schema } from './schema.ts';

export type ReleaseState = Selectable<Schema['release_request']>['state'];

/** Somebody asked for an artifact to be let out of quarantine; somebody else decides, or has decided. */
export interface ReleaseSummary {
  id: string;
  incident: string;
  digest: string;
  /** Where it was pushed to. */
  repositories: string[];
  reason: string;
  state: ReleaseState;
  requestedBy: string;
  requestedAt: string;
  decidedBy: string | null;
  decidedAt: string | null;
}

function releases(db: Database) {
  return db
    .selectFrom('release_request as r')
    .selectAll('r')
    .select([
      exactTime('r.requested_at').as('position'),
      sql<string[]>`array(select repository from artifact a where a.digest = r.digest order by 1)`.as('repositories'),
    ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof releases>['execute']>>[number];

function toRelease(row: Row): ReleaseSummary {
  return {
    id: row.id,
    incident: row.incident,
    digest: row.digest,
    repositories: row.repositories,
    reason: row.reason,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
  };
}

/** Last asked for first. */
export async function listReleases(
  db: Database,
  filter: { readonly state: ReleaseState | undefined },
  page: PageRequest,
): Promise<Page<ReleaseSummary>> {
  let query = releases(db);
  if (filter.state !== undefined) query = query.where('r.state', '=', filter.state);
  if (page.after !== undefined) {
    const [at, id] = page.after;
    query = query.where(sql<boolean>`(r.requested_at, r.id) < (${at}::timestamptz, ${id})`);
  }
  const rows = await query
    .orderBy('r.requested_at', 'desc')
    .orderBy('r.id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page, (row) => [row.position, row.id], toRelease);
}

/** All of one incident, in the order they were asked for. */
export async function readReleases(db: Database, incident: string): Promise<ReleaseSummary[]> {
  const rows = await releases(db)
    .where('r.incident', '=', incident)
    .orderBy('r.requested_at')
    .orderBy('r.id')
    .execute();
  return rows.map(toRelease);
}

/** What a request is about; undefined where there is no such request. */
export async function releasedDigest(db: Database, id: string): Promise<Digest | undefined> {
  const row = await db.selectFrom('release_request').select('digest').where('id', '=', id).executeTakeFirst();
  return row?.digest as Digest | undefined;
}
