import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Copied } from '../../activities/copy-into-environment.ts';
import type { Admission } from '../../activities/trust/admit.ts';
import {
  pendingWakes,
  pendingWorkflows,
  requestWake,
  requestWorkflow,
} from '../../adapters/postgres/workflow-request.ts';
import { LARGEST_PAYLOAD, PayloadTooLargeError } from '../../adapters/temporal/payload-limit.ts';
import { searchAttributes } from '../../adapters/temporal/search-attributes.ts';
import { createWorkflowStarter, type WorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import type { GoLive, Reservation } from '../../domain/promotion/promotion-book.ts';
import { type Decision, decidePromotion, lookAgain } from '../../workflows/promotion/messages.ts';
import type { promotion } from '../../workflows/promotion/workflow.ts';
import { createTestDatabase } from '../database.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { awaitingApproval, failingFirst, inTurn, promotionCast, promotionKey, reserved } from './casts.ts';
import { type Cast, openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

const perform = (cast: Cast) =>
  stage.perform<typeof promotion>('promotion', [promotionKey], { ...promotionCast, ...cast });

const ended = (state: Extract<Reservation, { outcome: 'ended' }>['state']): Reservation => ({
  outcome: 'ended',
  state,
  reason: 'for the test',
});

const decision = (verb: Decision['verb']): { args: [Decision] } => ({
  args: [{ ticket: 'ticket-1', verb, reason: 'looked at it', decider: { principal: 'ada', groups: ['release'] } }],
});

describe.concurrent('promotion', () => {
  it('reserves, copies, is admitted and goes live', async () => {
    const { handle, calls } = await perform({});
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'copy', 'admit', 'goLive']);
  });

  it('goes live where it runs: no activity is scheduled for it', async () => {
    const { handle, scheduled } = await perform({});
    expect(await handle.result()).toBe('live');
    expect(await scheduled()).toEqual(['copy', 'admit']);
  });

  it('goes live by the ordinary activity where the first try comes to nothing', async () => {
    const { handle, calls, scheduled } = await perform({ goLive: failingFirst(promotionCast.goLive) });
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'copy', 'admit', 'goLive', 'goLive']);
    expect(await scheduled()).toEqual(['copy', 'admit', 'goLive']);
  });

  it('is not tried again where going live fails for good', async () => {
    const { handle, calls } = await perform({
      goLive: async () => {
        throw ApplicationFailure.nonRetryable('not a manifest', 'REGISTRY_BAD_MANIFEST');
      },
    });
    expect(await handle.result()).toBe('failed');
    expect(calls).toEqual(['reserve', 'copy', 'admit', 'goLive', 'undo']);
  });

  it('goes live by the ordinary activity where a release of before reserved', async () => {
    const { closesHere: _, ...before } = reserved;
    const { handle, scheduled } = await perform({ reserve: async () => before });
    expect(await handle.result()).toBe('live');
    expect(await scheduled()).toEqual(['copy', 'admit', 'goLive']);
  });

  it('keeps bodies out of its history: more than 64 KiB is a failure of its step', async () => {
    const body = 'a document '.repeat(10_000);
    const { handle, calls } = await perform({
      copy: inTurn<Copied>({ outcome: 'refused', reason: body }, { outcome: 'copied' }),
    });
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'copy', 'copy', 'admit', 'goLive']);
    expect(JSON.stringify(await handle.fetchHistory()).length).toBeLessThan(LARGEST_PAYLOAD);
    const [said] = decision('approve').args;
    const tooMuch = handle.executeUpdate(decidePromotion, { args: [{ ...said, reason: body }] });
    await expect(tooMuch).rejects.toThrow(PayloadTooLargeError);
  });

  it('waits for approval, and goes live when it counts', async () => {
    const { handle, calls, called } = await perform({ reserve: inTurn<Reservation>(awaitingApproval, reserved) });
    await called('reserve');
    expect(await handle.executeUpdate(decidePromotion, decision('approve'))).toMatchObject({ outcome: 'counted' });
    expect(await handle.result()).toBe('live');
    const { events } = await handle.fetchHistory();
    const phases = events?.flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => {
      const data = upsert?.searchAttributes?.indexedFields?.[searchAttributes.phase.name]?.data;
      return data === undefined || data === null ? [] : [JSON.parse(Buffer.from(data).toString()) as unknown];
    });
    expect(phases).toEqual(['waits-for-approval', 'running']);
    expect(calls).toEqual(['reserve', 'decide', 'reserve', 'copy', 'admit', 'goLive']);
  });

  it('keeps waiting where a decision did not count', async () => {
    const { handle, calls, called } = await perform({
      reserve: inTurn<Reservation>(awaitingApproval, awaitingApproval, ended('expired')),
      decide: async () => ({ outcome: 'refused', reason: 'the committer does not approve' }),
    });
    await called('reserve');
    expect(await handle.executeUpdate(decidePromotion, decision('approve'))).toMatchObject({ outcome: 'refused' });
    await called('reserve', 2);
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('expired');
    expect(calls).not.toContain('copy');
  });

  it.each(['rejected' as const, 'denied' as const, 'superseded' as const])(
    'copies nothing once it is %s',
    async (state) => {
      const { handle, calls, called } = await perform({ reserve: inTurn<Reservation>(awaitingApproval, ended(state)) });
      await called('reserve');
      await handle.executeUpdate(decidePromotion, decision('reject'));
      expect(await handle.result()).toBe(state);
      expect(calls).toEqual(['reserve', 'decide', 'reserve']);
    },
  );

  it('finds the fence when a quarantine tells it to look again', async () => {
    const { handle, calls, called } = await perform({
      reserve: inTurn<Reservation>(awaitingApproval, ended('quarantined')),
    });
    await called('reserve');
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('quarantined');
    expect(calls).toEqual(['reserve', 'reserve']);
  });

  it.each<[string, (starter: WorkflowStarter, id: string) => Promise<unknown>]>([
    ['at once', (starter, id) => starter.wake([id])],
    ['by the sweeper, where whoever should have told it died', (starter) => starter.sweep(0)],
  ])('that waits for another environment is told when that is live, %s', async (_name, tell) => {
    const { handle, calls, called } = await perform({
      reserve: inTurn<Reservation>({ ...awaitingApproval, for: 'previous-environment' }, reserved),
    });
    await called('reserve');
    const own = await createTestDatabase();
    try {
      await requestWake(own.db, handle.workflowId);
      await requestWake(own.db, 'promotion/nobody-started');
      const starter = createWorkflowStarter(stage.client, own.db);
      await tell(starter, handle.workflowId);
      expect(await handle.result()).toBe('live');
      expect(calls.slice(0, 2)).toEqual(['reserve', 'reserve']);
      await starter.sweep(0);
      expect(await pendingWakes(own.db, { olderThanSeconds: 0 })).toEqual([]);
    } finally {
      await own.drop();
    }
  });

  it('is followed at once by the promotion that was asked for while it ran, as of the next tag', async () => {
    const { handle, called } = await perform({ reserve: inTurn<Reservation>(awaitingApproval, reserved) });
    await called('reserve');
    const own = await createTestDatabase();
    try {
      const id = handle.workflowId;
      const request = {
        id,
        kind: 'promotion',
        taskQueue: 'control',
        input: { ...promotionKey },
        generation: 2,
      } as const;
      await requestWorkflow(own.db, request);
      await createWorkflowStarter(stage.client, own.db).startInTurn(request);
      expect(await pendingWorkflows(own.db, 0)).toMatchObject([{ id, generation: 2 }]);
      await handle.signal(lookAgain);
      await called('goLive', 2);
      await vi.waitFor(async () => expect(await pendingWorkflows(own.db, 0)).toEqual([]));
      const next = await stage.client.workflow.getHandle(id).describe();
      expect(next.memo).toEqual({ generation: 2 });
    } finally {
      await own.drop();
    }
  });

  it('takes back first what a run that was lost left behind, whether it waits now or has ended', async () => {
    const undone: string[] = [];
    const { handle, calls, called } = await perform({
      reserve: inTurn<Reservation>(
        { ...awaitingApproval, leftBehind: true },
        { outcome: 'ended', state: 'denied', reason: 'judged again', leftBehind: true },
      ),
      undo: async (_key, { reason }) => void undone.push(reason),
    });
    await called('undo');
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('denied');
    expect(calls).toEqual(['reserve', 'undo', 'reserve', 'undo']);
    expect(undone).toEqual([awaitingApproval.reason, 'judged again']);
  });

  it('judges again where the verdict is stale', async () => {
    const { handle, calls } = await perform({
      reserve: inTurn<Reservation>({ outcome: 'stale', reason: 'judged under another policy' }, reserved),
    });
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'judgeAgain', 'reserve', 'copy', 'admit', 'goLive']);
  });

  it('takes back first what lies where the environment was, and judges for where it is', async () => {
    const { handle, calls } = await perform({
      reserve: inTurn<Reservation>({ outcome: 'stale', reason: 'dev is elsewhere', leftBehind: true }, reserved),
    });
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'undo', 'judgeAgain', 'reserve', 'copy', 'admit', 'goLive']);
  });

  it('looks again by itself when a freeze ends', async () => {
    const until = new Date(Date.now() + 1000).toISOString();
    const { handle, calls } = await perform({
      reserve: inTurn<Reservation>({ ...awaitingApproval, for: 'freeze', until }, reserved),
    });
    expect(await handle.result()).toBe('live');
    expect(calls.slice(0, 2)).toEqual(['reserve', 'reserve']);
  });

  it('reminds when it is due, once', async () => {
    const remindAt = new Date(Date.now() + 1000).toISOString();
    const reminded: number[] = [];
    const { handle, called } = await perform({
      reserve: inTurn<Reservation>({ ...awaitingApproval, remindAt }, { ...awaitingApproval, remindAt }, reserved),
      remind: async (_key, count) => {
        reminded.push(count);
      },
    });
    await called('remind');
    await called('reserve', 2);
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('live');
    expect(reminded).toEqual([1]);
  });

  const refused = { outcome: 'refused' as const, reason: 'no longer stands' };
  it.each<[string, Cast, readonly string[], string]>([
    [
      'a copy that fails for good',
      {
        copy: async () => {
          throw ApplicationFailure.nonRetryable('bytes do not match', 'REGISTRY_DIGEST_MISMATCH');
        },
      },
      ['copy', 'undo'],
      'failed',
    ],
    [
      'a fence found while it copied',
      { copy: async () => ({ ...refused, state: 'quarantined' }) },
      ['copy', 'undo'],
      'quarantined',
    ],
    [
      'a denial at the admission',
      { admit: async () => ({ ...refused, state: 'denied' }) },
      ['copy', 'admit', 'undo'],
      'denied',
    ],
    [
      'a fence found at go-live',
      { goLive: async () => ({ ...refused, state: 'quarantined' }) },
      ['copy', 'admit', 'goLive', 'undo'],
      'quarantined',
    ],
  ])('takes its copy back after %s', async (_name, cast, path, state) => {
    const undone: string[] = [];
    const { handle, calls } = await perform({
      ...cast,
      undo: async (_key, end) => {
        undone.push(end.state);
      },
    });
    expect(await handle.result()).toBe(state);
    expect(calls).toEqual(['reserve', ...path]);
    expect(undone).toEqual([state]);
  });

  it.each<[string, Cast]>([
    ['a lease that ran out', { copy: inTurn<Copied>({ ...refused, state: 'cancelled' }, { outcome: 'copied' }) }],
    [
      'another decision at the admission',
      { admit: inTurn<Admission>({ ...refused, state: 'cancelled' }, { outcome: 'admitted', manifests: [] }) },
    ],
    [
      'a newer verdict at go-live',
      { goLive: inTurn<GoLive>({ ...refused, state: 'cancelled' }, { outcome: 'live', next: [], wake: [] }) },
    ],
  ])('takes its copy back after %s, looks again, and goes live', async (_name, cast) => {
    const undone: string[] = [];
    const { handle, calls, called } = await perform({
      ...cast,
      undo: async (_key, end) => {
        undone.push(`${end.state}: ${end.reason}`);
      },
    });
    await called('undo');
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('live');
    expect(undone).toEqual(['waiting: no longer stands']);
    expect(calls.slice(calls.indexOf('undo'))).toEqual(['undo', 'judgeAgain', 'reserve', 'copy', 'admit', 'goLive']);
  });

  it('gives up after three second looks', async () => {
    const undone: string[] = [];
    const { handle, calls, called } = await perform({
      goLive: async () => ({ ...refused, state: 'cancelled' }),
      undo: async (_key, end) => {
        undone.push(end.state);
      },
    });
    for (const look of [1, 2, 3]) {
      await called('undo', look);
      await handle.signal(lookAgain);
    }
    expect(await handle.result()).toBe('undone');
    expect(undone).toEqual(['waiting', 'waiting', 'waiting', 'undone']);
    expect(calls.filter((name) => name === 'copy')).toHaveLength(4);
  });

  it('takes its copy back when it is cancelled', async () => {
    const copying = Promise.withResolvers<{ outcome: 'copied' }>();
    const { handle, calls, called } = await perform({ copy: () => copying.promise });
    await called('copy');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    expect(calls).toEqual(['reserve', 'copy', 'undo']);
    copying.resolve({ outcome: 'copied' });
  });

  const away = (thereafter: 'wait' | 'give-up') =>
    ApplicationFailure.create({
      message: 'signing waits: the log does not answer',
      type: 'SIGNING_DEFERRED',
      nonRetryable: true,
      details: [{ reason: 'LOG_UNAVAILABLE', patience: { seconds: 0, thereafter } }],
    });

  it('takes its copy back while signing must wait, and is live when what it needs is back', async () => {
    let isAway = true;
    const undone: unknown[] = [];
    const { handle, calls, called } = await perform({
      admit: async () => {
        if (isAway) throw away('wait');
        return promotionCast.admit();
      },
      undo: async (_key, end) => void undone.push(end),
    });
    await called('undo');
    expect(undone).toEqual([
      { state: 'waiting', reason: 'signing waits: the log does not answer', waitingFor: 'signing' },
    ]);
    isAway = false;
    await handle.signal(lookAgain);
    expect(await handle.result()).toBe('live');
    expect(calls).toEqual(['reserve', 'copy', 'admit', 'undo', 'reserve', 'copy', 'admit', 'goLive']);
  });

  it('fails where the policy waits no longer for signing', async () => {
    const { handle, calls } = await perform({
      admit: async () => {
        throw away('give-up');
      },
    });
    expect(await handle.result()).toBe('failed');
    expect(calls).toEqual(['reserve', 'copy', 'admit', 'undo']);
  });
});
