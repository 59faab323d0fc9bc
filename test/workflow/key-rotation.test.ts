import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchAttributes } from '../../adapters/temporal/search-attributes.ts';
import type { keyRotation } from '../../workflows/key-rotation/workflow.ts';
import type { reverify } from '../../workflows/reverify/workflow.ts';
import { currentStep, retryNow } from '../../workflows/runtime/persistent-step.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { inTurn, rotationCast } from './casts.ts';
import { type Cast, openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

const rotate = (cast: Cast) =>
  stage.perform<typeof keyRotation>('keyRotation', [{ rotation: 'rot-1' }], { ...rotationCast, ...cast });
const inMilliseconds = (ms: number) => async () => ({ retireAt: new Date(Date.now() + ms).toISOString() });

describe.concurrent('keyRotation', () => {
  it('makes the key, signs what is live, waits for the overlap, signs what came meanwhile, and retires', async () => {
    const passes: number[] = [];
    const { handle, calls, called } = await rotate({
      beginRotation: inMilliseconds(1500),
      resignLive: async (_rotation, pass) => {
        passes.push(pass);
        return { looked: 0 };
      },
    });
    await called('resignLive');
    await expect
      .poll(async () => (await handle.describe()).typedSearchAttributes.get(searchAttributes.phase))
      .toBe('waits-for-overlap');
    expect(calls).not.toContain('retireKey');
    expect(await handle.result()).toBe('done');
    expect(calls).toEqual(['beginRotation', 'resignLive', 'resignLive', 'retireKey']);
    expect(passes).toEqual([1, 2]);
  });

  it('waits for nothing where there is no overlap', async () => {
    const { handle, calls } = await rotate({ beginRotation: inMilliseconds(-1) });
    expect(await handle.result()).toBe('done');
    expect(calls).toEqual(['beginRotation', 'resignLive', 'resignLive', 'retireKey']);
  });

  it('goes through once more where the database says that the overlap is not over', async () => {
    const { handle, calls } = await rotate({ beginRotation: inMilliseconds(-1), retireKey: inTurn(0.1, 0) });
    expect(await handle.result()).toBe('done');
    expect(calls.slice(3)).toEqual(['retireKey', 'resignLive', 'retireKey']);
  });

  it('says what keeps it, and can be told to try now; nothing is retired meanwhile', async () => {
    let isAway = true;
    const { handle, calls, called } = await rotate({
      beginRotation: inMilliseconds(-1),
      resignLive: async () => {
        if (isAway) throw ApplicationFailure.create({ message: 'the registry is away', type: 'REGISTRY_UNAVAILABLE' });
        return { looked: 3 };
      },
    });
    await called('noteRotation');
    expect(await handle.query(currentStep)).toMatchObject({
      step: 'sign what is live',
      lastFailure: 'the registry is away',
    });
    expect(calls).not.toContain('retireKey');
    isAway = false;
    expect(await handle.executeUpdate(retryNow)).toBe(true);
    expect(await handle.result()).toBe('done');
  });

  it('ends where the new key can not be made, and says so: the old one goes on', async () => {
    const reasons: string[] = [];
    const { handle, calls } = await rotate({
      beginRotation: async () => {
        throw ApplicationFailure.nonRetryable('the new key: no such kind of key', 'KEY_UNSUPPORTED');
      },
      failRotation: async (_rotation, reason) => void reasons.push(reason),
    });
    expect(await handle.result()).toBe('failed');
    expect(calls).toEqual(['beginRotation', 'failRotation']);
    expect(reasons).toEqual(['the new key: no such kind of key']);
  });
});

describe.concurrent('reverify', () => {
  it('says what stands and what fell once everything was judged', async () => {
    const { handle, calls } = await stage.perform<typeof reverify>('reverify', [{ reverification: 'rev-1' }], {
      reverifyWaiting: inTurn(2, 1, 0),
      concludeReverification: async () => ({ stood: 4, fell: 1, incidents: [] }),
    });
    expect(await handle.result()).toEqual({ stood: 4, fell: 1, incidents: [] });
    expect(calls).toEqual(['reverifyWaiting', 'reverifyWaiting', 'reverifyWaiting', 'concludeReverification']);
  });
});
