import { expect, it } from 'vitest';
import { describeWork } from '../../../../services/cli/stack-work.ts';

const idle = {
  queues: [
    { topic: 'pratique.events', lag: 0 },
    { topic: 'pratique.urgent', lag: 0 },
  ],
  outbox: { waiting: 0, oldestSeconds: null },
  generations: { pending: 0, running: 0, oldestSeconds: null },
  workflowRequests: { pending: 0, oldestSeconds: null },
  incidents: { open: 1, subjectsUnconfirmed: 0 },
  deadLetters: { notReplayed: 0 },
  lineStops: [],
  trustEnds: [],
  histories: { oldestSeconds: null, retentionSeconds: 86_400 },
};

it.each([
  ['nobody could say', undefined, ''],
  ['nothing waits', idle, ''],
  [
    'things wait, with the age of the oldest',
    {
      ...idle,
      queues: [
        { topic: 'pratique.events', lag: 40 },
        { topic: 'pratique.urgent', lag: 2 },
      ],
      generations: { pending: 3, running: 4, oldestSeconds: 61.4 },
      deadLetters: { notReplayed: 5 },
    },
    'accepted events without a decision: 42\nartifacts not judged yet: 7, the oldest for 61 s\ndead letters (pratique event dead-letters): 5\n',
  ],
  [
    'the trust in signers ends, or has ended',
    {
      ...idle,
      trustEnds: [
        { signer: 'old', until: '2026-01-01T00:00:00Z', days: 0 },
        { signer: 'ci', until: '2026-02-01T00:00:00Z', days: 7 },
      ],
    },
    'the trust in signer old has ended at 2026-01-01T00:00:00Z: what it signs counts no more\nthe trust in signer ci ends at 2026-02-01T00:00:00Z: renew it in the policy, or sign with another key\n',
  ],
  [
    'the registry was compared, by somebody',
    {
      ...idle,
      reconcile: {
        ...{ at: '2026-01-02T03:04:05.000Z', by: 'olga', repositories: 1, tags: 61 },
        ...{ missed: ['shop/web:1.0'], more: 2 },
      },
    },
    'the registry was compared last at 2026-01-02T03:04:05.000Z for olga: 1 repository, 61 tags, 3 missed and started\n',
  ],
  [
    'Kafka does not answer',
    { ...idle, queues: null, outbox: { waiting: 1, oldestSeconds: 600 } },
    'outcomes not published yet: 1, the oldest for 600 s\n',
  ],
  [
    'histories are late',
    { ...idle, histories: { oldestSeconds: 43_200, retentionSeconds: 86_400 } },
    'histories of workflows that closed 43200 s ago are not kept yet, and Temporal forgets them after 86400 s: look at the workflow exportHistories\n',
  ],
  [
    'the line is stopped, in the words of whoever stopped it',
    {
      ...idle,
      lineStops: [
        { environment: null, reason: 'INC-204\u001b[2J', stoppedBy: 'ada' },
        { environment: 'prod', reason: 'checkout is down', stoppedBy: 'bob' },
      ],
    },
    'nothing enters any environment: stopped by ada: INC-204\\u{1b}[2J (pratique line resume)\nnothing enters prod: stopped by bob: checkout is down (pratique line resume prod)\n',
  ],
])('%s', (_, work, text) => {
  expect(describeWork(work)).toBe(text);
});
