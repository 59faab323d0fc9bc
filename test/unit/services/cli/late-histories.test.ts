import { expect, it } from 'vitest';
import { describeWork } from '../../../../services/cli/stack-work.ts';

const idle = {
  queues: [],
  outbox: { waiting: 0, oldestSeconds: null },
  generations: { pending: 0, running: 0, oldestSeconds: null },
  workflowRequests: { pending: 0, oldestSeconds: null },
  incidents: { open: 0, subjectsUnconfirmed: 0 },
  deadLetters: { notReplayed: 0 },
  lineStops: [],
  trustEnds: [],
};
const said = (oldestSeconds: number | null, retentionSeconds: number | null) =>
  describeWork({ ...idle, histories: { oldestSeconds, retentionSeconds } });

it.each([
  ['before the first export', null, null],
  ['while it keeps up', 300, 86_400],
  ['shortly before half of the retention', 43_199, 86_400],
])('says nothing of histories %s', (_, oldest, retention) => {
  expect(said(oldest, retention)).toBe('');
});

it('is an alarm from half of the retention on', () => {
  expect(said(43_200, 86_400)).toBe(
    'histories of workflows that closed 43200 s ago are not kept yet, and Temporal forgets them after 86400 s: look at the workflow exportHistories\n',
  );
});
