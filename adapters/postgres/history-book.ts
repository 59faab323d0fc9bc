import { sql } from 'kysely';
import type { HistoryBook } from '../../domain/history/closed-run.ts';
import type { Database } from './database.ts';
import { pruneHistories } from './prune-histories.ts';

export function createHistoryBook(db: Database): HistoryBook {
  return {
    async now() {
      const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
      return (rows[0] as { now: Date }).now;
    },
    async through() {
      const row = await db
        .selectFrom('history_export')
        .select('through')
        .where('through', '<=', sql<Date>`clock_timestamp()`)
        .executeTakeFirst();
      return row?.through;
    },
    async kept(from, to) {
      const rows = await db
        .selectFrom('workflow_history')
        .select('run_id')
        .where('closed_at', '>=', from)
        .where('closed_at', '<=', to)
        .execute();
      return new Set(rows.map((row) => row.run_id));
    },
    async keep({ runId, workflowId, kind, status, closedAt }, history) {
      await db
        .insertInto('workflow_history')
        .values({ run_id: runId, workflow_id: workflowId, kind, status, closed_at: closedAt, history })
        .onConflict((conflict) => conflict.column('run_id').doNothing())
        .execute();
    },
    async advance(through, retentionSeconds) {
      await db
        .insertInto('history_export')
        .values({ through, retention_seconds: retentionSeconds })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({
            // Two at once: the further one stands, where it is none that is still to come.
            through: sql<Date>`case when history_export.through > clock_timestamp() then excluded.through
              else greatest(history_export.through, excluded.through) end`,
            retention_seconds: retentionSeconds,
          }),
        )
        .execute();
    },
    prune: (retention, now, progress) => pruneHistories(db, retention, now, progress),
  };
}
