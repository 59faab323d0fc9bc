import { gunzipSync } from 'node:zlib';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExportHistoriesActivities } from '../../activities/export-histories.ts';
import { createPostgresBlobStore } from '../../adapters/postgres/blob-store.ts';
import { createHistoryBook } from '../../adapters/postgres/history-book.ts';
import { readBacklog } from '../../adapters/postgres/read-status.ts';
import { createClosedRuns } from '../../adapters/temporal/closed-runs.ts';
import { historyFromJson } from '../../adapters/temporal/history-json.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ClosedRunSource } from '../../domain/history/closed-run.ts';
import type { exportHistories } from '../../workflows/export-histories/workflow.ts';
import type { promotion } from '../../workflows/promotion/workflow.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { inActivity } from '../in-activity.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { promotionCast, promotionKey } from './casts.ts';
import { openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
let own: TestDatabase;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
  own = await createTestDatabase();
});
afterAll(async () => {
  await own.drop();
  await stage.close();
});

/** A minute later, so that what closed just now has settled. */
const exportAll = (source: ClosedRunSource, minutes = 1, signal?: AbortSignal) => {
  const activities = createExportHistoriesActivities({
    source,
    book: { ...createHistoryBook(own.db), now: async () => new Date(Date.now() + minutes * 60_000) },
    blobs: createPostgresBlobStore(own.db),
    retention: { maximumAge: 86_400, maximumBytes: undefined },
  });
  return inActivity(() => activities.exportHistories(), signal);
};
const rows = () => own.db.selectFrom('workflow_history').selectAll().orderBy('closed_at').execute();

it('keeps each closed run once, whole, and goes on where it was stopped', async () => {
  const runs = [];
  for (let index = 0; index < 3; index += 1) {
    const { handle } = await stage.perform<typeof promotion>('promotion', [promotionKey], promotionCast);
    await handle.result();
    runs.push(handle);
  }
  const closed = createClosedRuns(stage.client);
  expect((await readBacklog(own.db)).histories).toEqual({ oldestSeconds: null, retentionSeconds: null });
  // Temporal goes away after the first of them.
  let asked = 0;
  const dying: ClosedRunSource = {
    ...closed,
    history: async (run) => {
      asked += 1;
      if (asked === 2) throw new Error('connection refused');
      return closed.history(run);
    },
  };
  await expect(exportAll(dying)).rejects.toThrow('connection refused');
  expect(await rows()).toHaveLength(1);
  // A worker that shuts down keeps what it is at, and is not waited for until the last of them.
  const ending = new AbortController();
  const last: ClosedRunSource['history'] = (run) => {
    ending.abort(new Error('the worker shuts down'));
    return closed.history(run);
  };
  await expect(exportAll({ ...closed, history: last }, 1, ending.signal)).rejects.toThrow('the worker shuts down');
  expect(await rows()).toHaveLength(2);
  expect(await exportAll(closed)).toMatchObject({ exported: 1 });
  expect(await exportAll(closed, 2)).toMatchObject({ exported: 0 });
  const kept = await rows();
  expect(kept.map(({ workflow_id, kind, status }) => ({ workflow_id, kind, status }))).toEqual(
    runs.map(({ workflowId }) => ({ workflow_id: workflowId, kind: 'promotion', status: 'COMPLETED' })),
  );
  const bytes = await createPostgresBlobStore(own.db).get(kept[0]!.history as Digest);
  const history = historyFromJson(JSON.parse(gunzipSync(bytes).toString()) as object);
  await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history);
  const { histories } = await readBacklog(own.db);
  expect(histories.retentionSeconds).toBe(24 * 3600);
  expect(histories.oldestSeconds).toBeLessThan(60);
});

it('is a workflow that says how far it came', async () => {
  const report = { exported: 2, through: '2026-01-01T00:00:00.000Z' };
  const { handle } = await stage.perform<typeof exportHistories>('exportHistories', [], {
    exportHistories: async () => report,
  });
  expect(await handle.result()).toEqual(report);
});
