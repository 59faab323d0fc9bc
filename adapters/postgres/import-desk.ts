/** What the API does for an import: written down, and then a workflow's. */
import { randomUUID } from 'node:crypto';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type { FoundReference } from '../../domain/import/import-book.ts';
import type { ImportDesk, ImportRequest } from '../../domain/import/import-desk.ts';
import { type Database, transact } from './database.ts';
import { addImportReferences } from './import-book.ts';
import { appendOutbox } from './outbox.ts';
import { requestWorkflow } from './workflow-request.ts';

/** `wake` starts what was requested, where Temporal answers. */
export function createImportDesk(db: Database, wake: () => Promise<void>): ImportDesk {
  return {
    async open(request) {
      const id = randomUUID();
      await db.insertInto('import_run').values(toRow(id, request)).execute();
      return id;
    },
    add: (id: string, references: readonly FoundReference[]) => addImportReferences(db, id, references),
    async start(id) {
      const started = await transact(db, async (trx) => {
        const run = await trx
          .updateTable('import_run')
          .set({ state: 'started' })
          .where('id', '=', id)
          .where('state', '=', 'open')
          .returningAll()
          .executeTakeFirst();
        if (run === undefined) return false;
        await requestWorkflow(trx, {
          ...{ id: workflowIds.import(id), kind: 'importRunning', taskQueue: taskQueues.control },
          ...{ input: { id }, generation: 1 },
        });
        await appendOutbox(trx, {
          ...{ subject: `import/${id}`, step: 'requested', type: 'import.requested', actor: run.requested_by },
          data: {
            ...{ environment: run.environment, until: run.until.toISOString(), reason: run.reason },
            ...{ sourceKind: run.source_kind, source: run.source, dryRun: run.dry_run },
          },
        });
        return true;
      });
      await wake();
      return started;
    },
  };
}

function toRow(id: string, request: ImportRequest) {
  return {
    ...{ id, environment: request.environment, until: request.until, reason: request.reason },
    ...{ source_kind: request.sourceKind, source: request.source, dry_run: request.dryRun },
    ...{ requested_by: request.by.subject, requested_role: request.by.role },
  };
}
