/** Promotions: asked for, waited for, approved, rejected. */
import {
  ago,
  artifactAnswer,
  digestOf,
  failingPromotion,
  previewAnswer,
  promotion,
  summaryOf,
  webDigest,
} from '../recorded-answers.ts';
import { failure, page, type TranscriptCase } from './case.ts';

const promotionOf = (...states: Partial<ReturnType<typeof promotion>>[]) =>
  states.map((state) => ({ body: promotion(state) }));

const requested = { status: 202, body: { outcome: 'requested', promotion: promotion().id } };

const id = promotion().id;

const waitFor = (
  what: 'freeze' | 'soak' | 'previous-environment',
  until: string | null,
  ...environments: string[]
) => ({
  for: what,
  until,
  approvals: null,
  environments,
});

const inc = 'inc-2026-11-21-5f0c9e1a';

export const promotionCases: readonly TranscriptCase[] = [
  ['promote-dry-run', 'promote shop/web:1.0 --to prod --dry-run', { 'POST /promotions': { body: previewAnswer } }],
  [
    'promote-dry-run-refused',
    'promote shop/web:1.0 --to prod --dry-run',
    {
      'POST /promotions': {
        body: { ...previewAnswer, awaits: [], refusedBy: ['vulnerabilities: fail: 1 finding at or above high'] },
      },
    },
  ],
  [
    'promote',
    'promote shop/web:1.0 --to prod',
    {
      'POST /promotions': requested,
      'GET /promotion': promotionOf({ state: 'requested', reason: '', waitingFor: null }),
    },
  ],
  [
    'promote-waits',
    'promote shop/web:1.0 --to prod',
    { 'POST /promotions': requested, 'GET /promotion': promotionOf({}) },
  ],
  [
    'promote-wait-live',
    'promote shop/web:1.0 --to prod --wait',
    {
      'POST /promotions': requested,
      'GET /promotion': [
        ...promotionOf(
          { state: 'requested', reason: '', waitingFor: null },
          { reason: `frozen until ${ago(-60)}: holidays`, waitingFor: waitFor('freeze', ago(-60)) },
        ),
        failure(503, 'UNAVAILABLE', 'the database does not answer'),
        ...promotionOf({ state: 'live', reason: '', waitingFor: null, endedAt: null }),
      ],
    },
  ],
  [
    'promote-wait-denied',
    'promote shop/web:1.0 --to prod --wait',
    {
      'POST /promotions': requested,
      'GET /promotion': promotionOf(
        { state: 'requested', reason: '', waitingFor: null },
        { state: 'denied', reason: 'vulnerabilities: 1 finding at or above high', waitingFor: null, endedAt: ago(0) },
      ),
    },
  ],
  [
    'promote-refused',
    'promote shop/web:1.0 --to prod',
    { 'POST /promotions': failure(409, 'REFUSED', `${webDigest} is held by ${inc}`) },
  ],
  [
    'promote-forbidden',
    'promote shop/web:1.0 --to prod',
    {
      'POST /promotions': failure(
        403,
        'FORBIDDEN',
        'the role viewer does not allow promotion.request',
        'it takes one of: operator',
      ),
    },
  ],
  [
    'promotion-list',
    'promotion list',
    {
      'GET /promotions': page(
        ...[
          promotion(),
          promotion({ environment: 'staging', reason: 'frozen', waitingFor: waitFor('freeze', ago(-60)) }),
          promotion({ environment: 'eu', reason: 'soaks', waitingFor: waitFor('soak', ago(-30), 'staging') }),
          promotion({ environment: 'us', waitingFor: waitFor('previous-environment', null, 'eu', 'staging') }),
          promotion({ environment: 'dev', state: 'live', reason: '', waitingFor: null, endedAt: ago(2) }),
          promotion({
            repository: 'shop/api',
            tag: null,
            state: 'denied',
            reason: 'vulnerabilities: 1 finding at or above high',
            waitingFor: null,
          }),
        ].map(summaryOf),
      ),
    },
  ],
  [
    'promotion-get-step-fails',
    'promotion get dev shop/web:1.0',
    { 'GET /artifact': { body: artifactAnswer }, 'GET /promotion': { body: failingPromotion } },
  ],
  [
    'promote-wait-step-fails',
    'promote shop/web:1.0 --to dev --wait',
    {
      'POST /promotions': requested,
      'GET /promotion': [{ body: failingPromotion }, ...promotionOf({ state: 'live', reason: '', waitingFor: null })],
    },
  ],
  [
    'promotion-get-taken-out',
    'promotion get prod shop/web:1.0',
    {
      'GET /artifact': { body: artifactAnswer },
      'GET /promotion': promotionOf({
        ...{ state: 'quarantined', waitingFor: null, liveAt: ago(6), endedAt: ago(1) },
        reason: `taken out by incident ${inc}: the key leaked`,
        approvals: [
          {
            ...{ principal: 'alice', groups: [], verb: 'approve', reason: 'tested on staging', at: ago(7) },
            ...{ decisionDigest: digestOf('d'), current: false, past: `given before incident ${inc}`, proof: null },
          },
        ],
      }),
    },
  ],
  ['promotion-list-empty', 'promotion list --state waiting --environment prod', { 'GET /promotions': page() }],
  [
    'promotion-get',
    'promotion get prod shop/web:1.0',
    {
      'GET /artifact': { body: artifactAnswer },
      'GET /promotion': promotionOf({
        reason: 'waits for 1 more approval from release-managers (1 of 2 given)',
        approvals: [
          {
            principal: 'alice',
            groups: ['release-managers'],
            verb: 'approve',
            reason: 'tested on staging',
            decisionDigest: digestOf('d'),
            current: true,
            past: null,
            proof: null,
            at: ago(1),
          },
        ],
      }),
    },
  ],
  [
    'approve',
    'approve prod shop/web:1.0 --reason "tested on staging"',
    {
      'GET /artifact': { body: artifactAnswer },
      'GET /promotion': promotionOf({}),
      'POST /promotions/approve': { body: { outcome: 'counted', state: 'approved', reason: '1 of 1 approvals' } },
    },
  ],
  [
    'reject',
    `reject prod/shop/web@${webDigest} --reason "not today"`,
    {
      'GET /promotion': promotionOf({}),
      'POST /promotions/reject': {
        body: { outcome: 'counted', state: 'rejected', reason: 'rejected by alice: not today' },
      },
    },
  ],
  [
    'approve-own',
    `approve ${id} --reason "mine"`,
    {
      'GET /promotion': promotionOf({}),
      'POST /promotions/approve': failure(409, 'REFUSED', 'bob asked for the promotion'),
    },
  ],
  ['approve-unjudged', `approve ${id} --reason "x"`, { 'GET /promotion': promotionOf({ decisionDigest: null }) }],
  [
    'approve-changed',
    `approve ${id} --reason "tested" --decision ${digestOf('e')}`,
    {
      'POST /promotions/approve': failure(
        409,
        'DECISION_CHANGED',
        'what you saw is not what is decided now: the policy was version 6, and is version 7',
        `look at it, then approve ${digestOf('d')}`,
      ),
    },
  ],
  ['approve-nothing', 'approve prod --reason "what?"', {}],
  [
    'promotion-cancel',
    `promotion cancel ${id} --reason "the wrong build"`,
    { 'POST /promotions/cancel': { body: { outcome: 'cancelled', promotion: id } } },
  ],
  ['promotion-retry', `promotion retry ${id}`, { 'POST /promotions/retry': { body: { outcome: 'retried' } } }],
  [
    'artifact-retry-not',
    'artifact retry shop/web:1.0',
    { 'POST /artifact/retry': failure(409, 'REFUSED', 'no step of it waits for its next try: it runs') },
  ],
];
