import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { reconcile } from '../../workflows/reconcile/workflow.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

it('says who asked for it', async () => {
  const asked: unknown[] = [];
  const report = { repositories: 1, tags: 1, missed: [] };
  const cast = {
    reconcileRegistry: async (actor?: string) => {
      asked.push(actor);
      return report;
    },
    keepLater: async () => ({ kept: 0, lost: 0, owed: 0 }),
  };
  for (const args of [['olga'], []] as [string?][])
    await (await stage.perform<typeof reconcile>('reconcile', args, cast)).handle.result();
  expect(asked).toEqual(['olga', undefined]);
});

it('keeps what quarantines owe where the registry can not be listed too', async () => {
  const { handle, calls } = await stage.perform<typeof reconcile>('reconcile', [], {
    reconcileRegistry: async () => {
      throw ApplicationFailure.nonRetryable('no catalog for you', 'REGISTRY_DENIED');
    },
    keepLater: async () => ({ kept: 1, lost: 0, owed: 0 }),
  });
  await expect(handle.result()).rejects.toThrow();
  expect(calls).toEqual(['reconcileRegistry', 'keepLater']);
});
