import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { rebuild } from '../../workflows/rebuild/workflow.ts';
import type { reconcile } from '../../workflows/reconcile/workflow.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { rebuildCast, rebuildKey } from './casts.ts';
import { type Cast, openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

const perform = (cast: Cast) => stage.perform<typeof rebuild>('rebuild', [rebuildKey], { ...rebuildCast, ...cast });

describe.concurrent('rebuild', () => {
  it.each([
    ['identical', true],
    ['different', false],
  ] as const)('builds from the planned source, and concludes: %s', async (ending, identical) => {
    const { handle, calls } = await perform({ concludeRebuild: async () => ({ identical, summary: '' }) });
    expect(await handle.result()).toBe(ending);
    expect(calls).toEqual(['planRebuild', 'recordBuilding', 'buildFromSource', 'concludeRebuild']);
  });

  it('builds nothing where the source is not known', async () => {
    const { handle, calls } = await perform({
      planRebuild: async () => ({ outcome: 'impossible', reason: 'no verified provenance names its source' }),
    });
    expect(await handle.result()).toBe('failed');
    expect(calls).toEqual(['planRebuild', 'failRebuild']);
  });

  it('does not run a broken recipe again, and says why it failed', async () => {
    const reasons: string[] = [];
    const { handle, calls } = await perform({
      buildFromSource: async () => {
        throw ApplicationFailure.nonRetryable('the recipe ended with code 1', 'RECIPE_FAILED');
      },
      failRebuild: async (_key, reason) => {
        reasons.push(reason);
      },
    });
    expect(await handle.result()).toBe('failed');
    expect(calls).toEqual(['planRebuild', 'recordBuilding', 'buildFromSource', 'failRebuild']);
    expect(reasons).toEqual(['the recipe ended with code 1']);
  });
});

describe.concurrent('reconcile', () => {
  it('returns what was missed', async () => {
    const report = { repositories: 1, tags: 2, missed: ['dev/shop:1.0'] };
    const { handle, calls } = await stage.perform<typeof reconcile>('reconcile', [], {
      reconcileRegistry: async () => report,
      keepLater: async () => ({ kept: 1, lost: 0, owed: 0 }),
    });
    expect(await handle.result()).toEqual(report);
    expect(calls).toEqual(['reconcileRegistry', 'keepLater']);
  });

  it('returns what was missed where copies that are owed can not be kept: the next run tries again', async () => {
    const report = { repositories: 1, tags: 2, missed: [] };
    const { handle, calls } = await stage.perform<typeof reconcile>('reconcile', [], {
      reconcileRegistry: async () => report,
      keepLater: () => Promise.reject(new Error('the database is away')),
    });
    expect(await handle.result()).toEqual(report);
    expect(calls).toEqual(['reconcileRegistry', 'keepLater']);
  });
});
