/** What comparisons of the registry with what was seen reported. */
import { sql } from 'kysely';
import type { ReconcileReport } from '../../domain/artifact/reconcile.ts';
import type { Database } from './database.ts';

/** The last report: when, and by whom the comparison was asked for (`system`: by its schedule). */
export interface LastReconcile {
  readonly at: string;
  readonly by: string;
  readonly report: ReconcileReport;
}

/** Undefined before the first. */
export async function readLastReconcile(db: Database): Promise<LastReconcile | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select(['created_at', 'actor', 'data'])
    .where('subject', '=', 'reconcile')
    .where('type', '=', 'registry.reconciled')
    .orderBy('sequence', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
  return row && { at: row.created_at.toISOString(), by: row.actor, report: row.data as unknown as ReconcileReport };
}

/** Of one run of the workflow; undefined while it has not reported. */
export async function readReconcileReport(db: Database, runId: string): Promise<ReconcileReport | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('data')
    .where('subject', '=', 'reconcile')
    .where('step', '=', `run/${runId}`)
    .executeTakeFirst();
  return row?.data as ReconcileReport | undefined;
}
