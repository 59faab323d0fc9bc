/** Histories of closed workflows as the API lists and reads them. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';

export interface HistorySummary {
  run: string;
  workflowId: string;
  kind: string;
  status: string;
  closedAt: string;
  /** SHA-256 of the gzipped JSON, also where it is not kept any more. */
  digest: string;
  /** Of it; null where it is not kept any more. */
  bytes: number | null;
  /** When the body was dropped, and only the row stayed. */
  prunedAt: string | null;
}

export interface HistoryFilter {
  /** Ids that end in it. */
  readonly about: Digest | undefined;
  readonly workflowId: string | undefined;
  readonly kind: string | undefined;
  readonly status: string | undefined;
}

/** Bytes of JSON, as much as the command line takes of an answer: a history of ours has some ten thousand. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const inflate = promisify(gunzip);

function summaries(db: Database) {
  return db
    .selectFrom('workflow_history as h')
    .leftJoin('blob as b', 'b.digest', 'h.history')
    .select(['h.run_id', 'h.workflow_id', 'h.kind', 'h.status', 'h.closed_at', 'h.pruned_at', 'b.size', 'h.history'])
    .select(sql<string>`coalesce(h.history, h.pruned_digest)`.as('digest'))
    .select(exactTime('h.closed_at').as('position'));
}

type SummaryRow = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

function toSummary(row: SummaryRow): HistorySummary {
  return {
    run: row.run_id,
    workflowId: row.workflow_id,
    kind: row.kind,
    status: row.status,
    closedAt: row.closed_at.toISOString(),
    digest: row.digest,
    bytes: row.size,
    prunedAt: row.pruned_at?.toISOString() ?? null,
  };
}

/** Last closed first. */
export async function listHistories(
  db: Database,
  { about, workflowId, kind, status }: HistoryFilter,
  page: PageRequest,
): Promise<Page<HistorySummary>> {
  let query = summaries(db);
  if (about !== undefined) query = query.where(sql<string>`right(h.workflow_id, 71)`, '=', about);
  if (workflowId !== undefined) query = query.where('h.workflow_id', '=', workflowId);
  if (kind !== undefined) query = query.where('h.kind', '=', kind);
  if (status !== undefined) query = query.where('h.status', '=', status);
  if (page.after !== undefined) {
    const [at, run] = page.after;
    query = query.where(sql<boolean>`(h.closed_at, h.run_id) < (${at}::timestamptz, ${run})`);
  }
  const rows = await query
    .orderBy('h.closed_at', 'desc')
    .orderBy('h.run_id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page, (row) => [row.position, row.run_id], toSummary);
}

/** `history` is Temporal's JSON; undefined where the body is not kept any more. Undefined altogether where no such run is known. */
export async function readHistory(
  db: Database,
  run: string,
): Promise<{ readonly summary: HistorySummary; readonly history: unknown } | undefined> {
  const row = await summaries(db).where('h.run_id', '=', run).executeTakeFirst();
  if (row === undefined) return undefined;
  const summary = toSummary(row);
  if (row.history === null) return { summary, history: undefined };
  const packed = await createPostgresBlobStore(db).get(row.history as Digest);
  const json = await inflate(packed, { maxOutputLength: MAX_JSON_BYTES });
  return { summary, history: JSON.parse(json.toString('utf8')) as unknown };
}
