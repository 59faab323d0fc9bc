/** Imports as the API shows them. */
import { sql } from 'kysely';
import type { ImportOutcome } from '../../domain/import/import-book.ts';
import type { Database } from './database.ts';
import { type Page, type PageRequest, pageOf } from './read-page.ts';

export interface ImportSummary {
  id: string;
  environment: string;
  until: string;
  reason: string;
  sourceKind: string;
  source: string;
  dryRun: boolean;
  state: string;
  /** Why it failed; else empty. */
  note: string;
  requestedBy: string;
  requestedAt: string;
  endedAt: string | null;
  /** How many references there are, and how many of each outcome. */
  references: number;
  counts: Partial<Record<ImportOutcome, number>>;
}

export interface ImportedReference {
  position: number;
  reference: string;
  place: string;
  outcome: ImportOutcome | null;
  reason: string;
  repository: string | null;
  digest: string | null;
}

export async function readImport(db: Database, id: string): Promise<ImportSummary | undefined> {
  const row = await db.selectFrom('import_run').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { rows } = await sql<{ outcome: ImportOutcome | null; count: number }>`
    select outcome, count(*)::int as count from import_reference where import = ${id} group by 1`.execute(db);
  return {
    ...{ id, environment: row.environment, until: row.until.toISOString(), reason: row.reason },
    ...{ sourceKind: row.source_kind, source: row.source, dryRun: row.dry_run, state: row.state, note: row.note },
    ...{ requestedBy: row.requested_by, requestedAt: row.requested_at.toISOString() },
    endedAt: row.ended_at?.toISOString() ?? null,
    references: rows.reduce((sum, { count }) => sum + count, 0),
    counts: Object.fromEntries(rows.flatMap(({ outcome, count }) => (outcome === null ? [] : [[outcome, count]]))),
  };
}

/** In the order they were given. */
export async function readImportReferences(
  db: Database,
  id: string,
  request: PageRequest,
): Promise<Page<ImportedReference>> {
  const rows = await db
    .selectFrom('import_reference')
    .select(['position', 'reference', 'place', 'outcome', 'reason', 'repository', 'digest'])
    .where('import', '=', id)
    .where('position', '>', Number(request.after?.[0] ?? 0))
    .orderBy('position')
    .limit(request.limit + 1)
    .execute();
  return pageOf(
    rows,
    request,
    (row) => [String(row.position)],
    (row) => row,
  );
}
