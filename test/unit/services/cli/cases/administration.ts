/** Events, histories, policies, imports, tokens. */
import path from 'node:path';
import { ago, digestOf, webDigest } from '../recorded-answers.ts';
import { importItems, importRun, reportCounts, reportItems } from '../recorded-import.ts';
import { page, type TranscriptCase } from './case.ts';

const event = {
  id: 'registry:1',
  source: '/registries/main',
  type: 'artifact-pushed',
  subject: `shop/web@${webDigest}`,
  generation: 1,
  outcome: 'started',
  reason: 'push',
  tag: '1.0',
  trace: null,
  occurredAt: ago(10),
  recordedAt: ago(10),
};

const letter = {
  id: 7,
  topic: 'pratique.intake',
  partition: 2,
  offset: 118,
  code: 'EVENT_JSON',
  reason: 'not JSON',
  bytes: 12,
  createdAt: ago(60),
  replayedAt: null,
  replayedBy: null,
};

const history = {
  run: '01a1fce1-cb97-7073-b32f-74e2dc366a3f',
  workflowId: `promotion/prod/shop/web@${webDigest}`,
  kind: 'promotion',
  status: 'COMPLETED',
  closedAt: ago(10),
  digest: digestOf('b'),
  bytes: 6120,
  prunedAt: null,
};

const historyEvents = [
  { id: 1, at: ago(12), type: 'WorkflowExecutionStarted', says: 'promotion on control' },
  { id: 2, at: ago(12), type: 'WorkflowTaskScheduled', says: '' },
  { id: 5, at: ago(12), type: 'ActivityTaskScheduled', says: 'copy on control' },
  { id: 6, at: ago(11), type: 'ActivityTaskFailed', says: 'copy, the registry answers HTTP 503' },
  { id: 9, at: ago(10), type: 'WorkflowExecutionCompleted', says: '' },
];

const token = {
  id: '3f1c9a7d2b040e55',
  subject: 'alice',
  name: 'laptop',
  role: 'approver',
  groups: ['release-managers'],
  speaksFor: { repositories: [], builders: [] },
  createdBy: 'admin',
  createdAt: ago(9000),
  expiresAt: ago(-60 * 24 * 30),
  revokedAt: null,
  revokedBy: null,
  lastUsedAt: ago(3),
};

const lineStop = { id: 3, environment: null, reason: 'INC-204', stoppedBy: 'rita', stoppedAt: ago(5) };
const lineResumed = { ...lineStop, resumed: { by: 'rita', reason: 'INC-204 is over', at: ago(1) } };
const prodStop = { ...lineStop, id: 4, environment: 'prod', reason: 'checkout is down' };

const reconcileStarted = {
  ...{ workflowId: 'reconcile', runId: '0193772d-6b3c-7a51-8d2e-3f1c9a7d2b04' },
  joined: false,
};
const reconcileRun = { runId: reconcileStarted.runId, state: 'running', report: null, failure: null };

export const administrationCases: readonly TranscriptCase[] = [
  ['line-stop', 'line stop --reason "INC-204"', { 'POST /line-stops': { body: lineStop } }],
  ['line-stop-one', 'line stop prod --reason "checkout is down"', { 'POST /line-stops': { body: prodStop } }],
  ['line-resume', 'line resume --reason "INC-204 is over"', { 'POST /line-stops/resume': { body: lineResumed } }],
  ['line-list', 'line list --ended', { 'GET /line-stops': { body: { items: [prodStop, lineResumed] } } }],
  [
    'event-list',
    'event list',
    {
      'GET /events': page(event, {
        ...event,
        subject: null,
        generation: null,
        outcome: 'dropped',
        reason: 'own push',
        tag: null,
      }),
    },
  ],
  [
    'event-dead-letters',
    'event dead-letters',
    { 'GET /dead-letters': page(letter, { ...letter, id: 6, replayedAt: ago(1), replayedBy: 'otto' }) },
  ],
  [
    'event-replay',
    'event replay 7',
    { 'POST /dead-letters/7/replay': { status: 202, body: { id: 7, topic: 'pratique.intake' } } },
  ],
  [
    'history-list',
    'history list shop/web:1.0 --kind promotion',
    { 'GET /histories': page(history, { ...history, run: 'older', status: 'FAILED', bytes: null, prunedAt: ago(1) }) },
  ],
  ['history-list-empty', 'history list', { 'GET /histories': page() }],
  [
    'history-get',
    `history get ${history.run}`,
    { [`GET /histories/${history.run}`]: { body: { ...history, events: historyEvents } } },
  ],
  [
    'history-get-pruned',
    'history get older',
    { 'GET /histories/older': { body: { ...history, run: 'older', bytes: null, prunedAt: ago(1), events: [] } } },
  ],
  [
    'history-export',
    'history export older',
    { 'GET /histories/older/document': { body: { events: [{ eventId: '1' }] } } },
  ],
  [
    'policy-report',
    'policy report',
    { 'GET /policies/report/counts': { body: reportCounts }, 'GET /policies/report': page(...reportItems) },
  ],
  [
    'import-registry',
    'import --registry "prod/**" --environment prod --until 2027-03-31 --reason "before Pratique"',
    {
      'POST /imports': { status: 201, body: importRun },
      'POST /imports/5d0f6a52-8f4e-4f43-9a3c-6d1c1f0a2b3c/start': { status: 202, body: importRun },
      'GET /imports/5d0f6a52-8f4e-4f43-9a3c-6d1c1f0a2b3c': {
        body: {
          ...importRun,
          state: 'done',
          references: 4,
          counts: { taken: 1, ignored: 1, refused: 1, unresolved: 1 },
        },
      },
      'GET /imports/5d0f6a52-8f4e-4f43-9a3c-6d1c1f0a2b3c/references': page(...importItems),
    },
  ],
  ['import-no-source', 'import --environment prod --until 2027-03-31 --reason x', {}],
  [
    'token-create',
    'token create --subject alice --role approver --group release-managers --expires-in 90d',
    { 'POST /tokens': { status: 201, body: { id: '3f1c9a7d2b040e55', token: 'prq_3f1c9a7d2b040e55_secret' } } },
  ],
  [
    'principal-join-nobody',
    'principal join bobb subject bob-laptop',
    { 'POST /principals': { body: { outcome: 'joined' } }, 'GET /tokens': { body: { items: [] } } },
  ],
  [
    'token-list',
    'token list',
    {
      'GET /tokens': {
        body: {
          items: [
            token,
            { ...token, id: '0000000000000000', revokedAt: ago(2), revokedBy: 'admin' },
            { ...token, id: '1111111111111111', expiresAt: ago(5), lastUsedAt: null },
          ],
        },
      },
    },
  ],
  [
    'token-revoke',
    'token revoke 3f1c9a7d2b040e55',
    { 'DELETE /tokens/3f1c9a7d2b040e55': { body: { id: '3f1c9a7d2b040e55' } } },
  ],
  ['reconcile', 'reconcile', { 'POST /reconcile': { status: 202, body: { ...reconcileStarted, joined: true } } }],
  [
    'reconcile-wait',
    'reconcile --wait',
    {
      'POST /reconcile': { status: 202, body: reconcileStarted },
      [`GET /reconcile/${reconcileStarted.runId}`]: [
        { body: reconcileRun },
        { body: { ...reconcileRun, failure: 'the registry does not answer' } },
        {
          body: {
            ...{ ...reconcileRun, state: 'done' },
            report: { repositories: 2, tags: 61, missed: ['shop/web:1.0', 'shop/api:2.1'], more: 0 },
          },
        },
      ],
    },
  ],
  [
    'reconcile-failed',
    'reconcile --wait --json',
    {
      'POST /reconcile': { status: 202, body: reconcileStarted },
      [`GET /reconcile/${reconcileStarted.runId}`]: {
        body: { ...reconcileRun, state: 'failed', failure: 'shop: more than 100 pages of tags' },
      },
    },
  ],
  [
    'policy-apply',
    `policy apply "${path.join(import.meta.dirname, '../../../../../infra/policies/default.yaml')}"`,
    { 'POST /policies': { body: { outcome: 'activated', version: 8, digest: digestOf('8') } } },
  ],
  [
    'policy-show',
    'policy show',
    {
      'GET /policies/current': {
        body: {
          version: 7,
          digest: digestOf('7'),
          fileName: 'policy.yaml',
          text: 'kind: Policy\nversion: 7\n',
          activatedBy: 'admin',
          activatedAt: ago(100),
          signedBy: null,
        },
      },
    },
  ],
];
