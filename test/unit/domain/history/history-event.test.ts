import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHistoryEvents } from '../../../../domain/history/history-event.ts';

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../replay/histories/${name}.json`, import.meta.url), 'utf8'));

it('a recorded promotion reads as what it did', () => {
  const events = readHistoryEvents(recorded('promotion-approved'));
  const said = events.map(({ type, says }) => `${type} ${says}`);
  expect(events[0]).toMatchObject({ id: 1, type: 'WorkflowExecutionStarted', says: 'promotion on control' });
  expect(said).toContain('ActivityTaskScheduled copy on control');
  expect(said).toContain('ActivityTaskCompleted copy');
  expect(said).toContain('ActivityTaskScheduled admit on trust');
  expect(said).toContain('MarkerRecorded core_local_activity');
  expect(said).toContain('WorkflowExecutionUpdateAccepted decidePromotion');
  expect(events.at(-1)?.type).toBe('WorkflowExecutionCompleted');
  expect(events.map(({ id }) => id)).toEqual(events.map((_, position) => position + 1));
});

it.each(['artifact-pipeline-late', 'promotion-undone', 'quarantine', 'incident', 'rebuild', 'key-rotation'])(
  'nothing of an input or a result of %s is in it',
  (name) => {
    const payloads = [...JSON.stringify(recorded(name)).matchAll(/"data":"([A-Za-z0-9+/=]{24,})"/g)];
    const shown = JSON.stringify(readHistoryEvents(recorded(name)));
    for (const [, data = ''] of payloads) {
      expect(shown).not.toContain(data);
      expect(shown).not.toContain(Buffer.from(data, 'base64').toString('utf8'));
    }
    expect(payloads.length).toBeGreaterThan(0);
  },
);

const event = (type: string, attributes: object) => ({
  eventId: '1',
  eventTime: { seconds: '1795244018', nanos: 583_030_315 },
  eventType: type,
  someEventAttributes: attributes,
});

it.each([
  ['EVENT_TYPE_TIMER_STARTED', { timerId: '1', startToFireTimeout: { seconds: '30' } }, 'TimerStarted', 'in 30 s'],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED', { signalName: 'lookAgain' }, 'WorkflowExecutionSignaled', 'lookAgain'],
  [
    'EVENT_TYPE_ACTIVITY_TASK_FAILED',
    { failure: { message: 'activity failed', cause: { message: 'HTTP 503' } } },
    'ActivityTaskFailed',
    'HTTP 503',
  ],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_FAILED', { failure: {} }, 'WorkflowExecutionFailed', 'failed without a reason'],
  ['EVENT_TYPE_OF_TOMORROW', { whatever: 1 }, 'OfTomorrow', ''],
])('%s %j', (type, attributes, name, says) => {
  expect(readHistoryEvents({ events: [event(type, attributes)] })).toEqual([
    { id: 1, at: '2026-11-21T06:53:38.583Z', type: name, says },
  ]);
});

it('a failure within failures without end ends', () => {
  const failure: { message: string; cause?: unknown } = { message: 'again' };
  failure.cause = failure;
  expect(readHistoryEvents({ events: [event('EVENT_TYPE_ACTIVITY_TASK_FAILED', { failure })] })[0]?.says).toBe('again');
});

it('JSON of anything else is refused with a TypeError, or has no events', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      try {
        expect(readHistoryEvents(json)).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
    }),
  );
});
