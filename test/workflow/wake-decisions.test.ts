/** Ends of decisions are waited for to the second, where they are near; injected ends make the wait short. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WakeReport } from '../../domain/advisory/rescan-book.ts';
import type { wakeDecisions } from '../../workflows/wake-decisions/workflow.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const nothing: WakeReport = { ended: 0, artifacts: 0, incidents: [] };

/** What each call answers, and when it came. */
async function play(...reports: (() => WakeReport)[]) {
  const called: number[] = [];
  const performance = await stage.perform<typeof wakeDecisions>('wakeDecisions', [], {
    wakeDecisions: async () => {
      called.push(Date.now());
      return reports[called.length - 1]?.() ?? nothing;
    },
  });
  return { ended: await performance.handle.result(), called, performance };
}

it('waits for an end that is near, and looks again when it has come', async () => {
  const end = inSeconds(2);
  const { ended, called } = await play(
    () => ({ ...nothing, next: end }),
    () => ({ ...nothing, ended: 1 }),
  );
  expect(ended).toBe(1);
  expect(called).toHaveLength(2);
  expect(called[1]).toBeGreaterThanOrEqual(Date.parse(end));
});

it('goes on from one end to the next', async () => {
  const { ended, called } = await play(
    () => ({ ...nothing, next: inSeconds(1) }),
    () => ({ ...nothing, ended: 2, next: inSeconds(1) }),
    () => ({ ...nothing, ended: 1 }),
  );
  expect([ended, called.length]).toEqual([3, 3]);
});

it.each([
  ['where none is to come', undefined],
  ['where the next one is for a later run of the schedule', inSeconds(3600)],
])('ends at once %s', async (_, next) => {
  const { called } = await play(() => ({ ...nothing, ...(next === undefined ? {} : { next }) }));
  expect(called).toHaveLength(1);
});

it('an end that has come already, by a clock that is ahead, keeps nobody busy', async () => {
  const { called } = await play(
    () => ({ ...nothing, next: inSeconds(-60) }),
    () => ({ ...nothing, next: inSeconds(-60) }),
  );
  expect(called).toHaveLength(3);
  expect((called[2] ?? 0) - (called[0] ?? 0)).toBeGreaterThanOrEqual(2000);
});

it('a database that is away is asked again', async () => {
  let tries = 0;
  const performance = await stage.perform<typeof wakeDecisions>('wakeDecisions', [], {
    wakeDecisions: async () => {
      tries += 1;
      if (tries === 1) throw new Error('the database does not answer');
      return { ...nothing, ended: 1 };
    },
  });
  expect(await performance.handle.result()).toBe(1);
});
