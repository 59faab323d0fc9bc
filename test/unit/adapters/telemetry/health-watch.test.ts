import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HealthWatch, okOr, watchHealth } from '../../../../adapters/telemetry/health-watch.ts';

let answers: Record<string, () => Promise<boolean>>;
let watch: HealthWatch | undefined;
beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  answers = { kafka: async () => true, temporal: async () => true };
});
afterEach(() => {
  watch?.stop();
  vi.useRealTimers();
});

const start = () =>
  watchHealth({
    checks: {
      kafka: okOr('does not answer', () => (answers.kafka as () => Promise<boolean>)()),
      temporal: okOr('does not answer', () => (answers.temporal as () => Promise<boolean>)()),
    },
    needed: ['kafka'],
  });

it('says since when something is wrong, also when nobody had asked then, and forgets it when it is right again', async () => {
  watch = start();
  expect(await watch.report()).toEqual({ healthy: true, checks: { kafka: 'ok', temporal: 'ok' } });
  await vi.advanceTimersByTimeAsync(7000);
  answers.kafka = async () => false;
  // The look at ten seconds finds it.
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await watch.report()).toEqual({
    healthy: false,
    checks: { kafka: 'does not answer', temporal: 'ok' },
    since: { kafka: new Date(10_000).toISOString() },
  });
  answers.kafka = async () => true;
  expect(await watch.report()).toEqual({ healthy: true, checks: { kafka: 'ok', temporal: 'ok' } });
});

it('what is not needed is reported, and does no harm', async () => {
  answers.temporal = async () => false;
  watch = start();
  expect(await watch.report()).toMatchObject({ healthy: true, since: { temporal: new Date(0).toISOString() } });
});

it.each([
  ['throws', () => Promise.reject(new Error('ECONNREFUSED'))],
  ['never answers', () => new Promise<boolean>(() => undefined)],
])('a check that %s is one that fails, within three seconds', async (_, check) => {
  answers.kafka = check;
  watch = start();
  const report = watch.report();
  await vi.advanceTimersByTimeAsync(3000);
  expect(await report).toMatchObject({ healthy: false, checks: { kafka: 'does not answer', temporal: 'ok' } });
});
