/**
 * What a user types, and everything they then see: transcripts/*.txt. Both the questions and the answers of these tests keep to
 * the gateway's own description of its API.
 */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Answers } from './answering-gateway.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import {
  ago,
  artifact,
  artifactAnswer,
  digestOf,
  incident,
  incidentPreview,
  keysAnswer,
  keyUses,
  previewAnswer,
  promotion,
  quarantinedAnswer,
  rebuild,
  rotation,
  summaryOf,
  webDigest,
} from './recorded-answers.ts';
import { importItems, importRun, reportCounts, reportItems } from './recorded-import.ts';
import { timeline } from './recorded-timeline.ts';
import { runCommand, splitWords, transcriptOf } from './run-command.ts';

let gateway: AnsweringGateway;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
});
afterEach(() => {
  expect(gateway.breaches).toEqual([]);
});
afterAll(() => gateway.close());

const page = (...items: unknown[]) => ({ body: { items, next: null } });
const failure = (status: number, code: string, message: string, hint?: string) => ({
  status,
  body: { error: { code, message, ...(hint === undefined ? {} : { hint }) } },
});
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

const advisories = {
  ...{ records: 97, digest: digestOf('8'), newest: ago(600), syncedAt: ago(1) },
  ...{ epoch: 3, rescannedThrough: 2, failure: null },
  feeds: [
    { ecosystem: 'npm', syncedAt: ago(1) },
    { ecosystem: 'Maven', syncedAt: null },
  ],
};
const threats = [
  {
    kind: 'kev',
    entries: 1400,
    digest: digestOf('3'),
    source: 'known_exploited_vulnerabilities.json',
    syncedAt: ago(30),
  },
];
const epoch = {
  ...{
    epoch: 3,
    kind: 'osv',
    source: 'https://feeds.example/npm/all.zip',
    actor: 'schedule',
    state: 'active',
    digest: digestOf('8'),
  },
  ...{ records: 97, added: 2, updated: 1, withdrawn: 1, unchanged: 12, rejected: 1, reason: '' },
  ...{ rejections: [{ place: 'line 3', reason: 'id: missing' }], startedAt: ago(2), endedAt: ago(1) },
};
const failedEpoch = {
  ...epoch,
  ...{ epoch: 2, source: 'https://feeds.example/PyPI/all.zip', state: 'failed', digest: null, records: null },
  ...{ added: 0, updated: 0, withdrawn: 0, rejected: 0, reason: 'the zip ends in the middle', rejections: [] },
};

const affectedPlace = {
  purl: 'pkg:npm/lodash@4.17.20',
  fixedIn: '4.17.21',
  advisories: ['GHSA-35jh-r3h4-6jhm'],
  severity: 'high',
};
const affected = {
  items: [
    {
      repository: 'shop/web',
      digest: webDigest,
      tags: ['1.0'],
      platforms: ['linux/amd64'],
      owner: 'shop',
      since: ago(600),
      environments: [{ environment: 'prod', destination: 'prod/shop/web', since: ago(500) }],
      fenced: false,
      components: [
        {
          ...{ ...affectedPlace, layer: digestOf('9'), path: '/app/node_modules/lodash/package.json', places: 1 },
          decisions: [{ id: 'd1', state: 'accepted_risk', environment: 'prod', until: ago(-600) }],
        },
      ],
      fixedBy: { digest: digestOf('6'), tags: ['1.1'], since: ago(100), environments: ['dev', 'staging'] },
    },
    {
      repository: 'shop/api',
      digest: digestOf('7'),
      tags: [],
      platforms: ['linux/amd64'],
      owner: null,
      since: ago(900),
      environments: [],
      fenced: true,
      components: [
        {
          ...{ ...affectedPlace, layer: null, path: '=app, "quoted"', places: 2 },
          decisions: [{ id: 'd1', state: 'not_affected', environment: null, until: null }],
        },
      ],
      fixedBy: null,
    },
  ],
  next: null,
  advisories: [
    {
      id: 'GHSA-35jh-r3h4-6jhm',
      aliases: ['CVE-2021-23337'],
      summary: 'Command Injection in lodash',
      severity: 'high',
      withdrawn: false,
    },
  ],
  components: [affectedPlace],
  componentCount: 1,
  undecided: [],
  artifacts: { count: 2, atLeast: false },
};
const unaffected = {
  ...affected,
  items: [],
  components: [],
  componentCount: 0,
  artifacts: { count: 0, atLeast: false },
};

const decision = {
  ...{ id: '6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11', advisories: ['CVE-2021-23337'], state: 'accepted_risk' },
  ...{ reason: 'build time only', owner: 'shop', madeBy: 'ann', role: 'approver', madeAt: ago(60) },
  ...{ scope: { component: 'pkg:npm/lodash', artifact: 'shop/**', environment: 'prod' }, expires: ago(-60 * 24 * 30) },
};
const fromDocument = {
  ...{ id: '7a1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11', advisories: ['CVE-2021-44228'], state: 'not_affected' },
  ...{ justification: 'component_not_present', reason: 'not in this build', owner: 'ann', madeBy: 'ann' },
  ...{ role: 'approver', madeAt: ago(90), document: { digest: digestOf('5'), author: 'Vendor', at: ago(900) } },
  scope: { products: [{ names: [webDigest], subcomponents: ['pkg:maven/a/b'] }], productCount: 3 },
  revoked: { by: 'rob', reason: 'not true', at: ago(5) },
};

/** File, command line, answers. */
const cases: readonly (readonly [file: string, line: string, answers: Answers])[] = [
  [
    'artifact-list',
    'artifact list',
    {
      'GET /artifacts': page(artifact, {
        ...artifact,
        repository: 'shop/api',
        fenced: true,
        tags: [],
        environments: [],
      }),
    },
  ],
  ['artifact-list-full', 'artifact list --full --environment dev', { 'GET /artifacts': page(artifact) }],
  ['artifact-list-empty', 'artifact list --repository shop/none', { 'GET /artifacts': page() }],
  ['artifact-get', 'artifact get shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
  ['artifact-get-quarantined', 'artifact get shop/web:1.0', { 'GET /artifact': { body: quarantinedAnswer } }],
  [
    'artifact-get-unknown',
    'artifact get shop/web:9',
    {
      'GET /artifact': failure(
        404,
        'NOT_FOUND',
        'no artifact shop/web:9 was seen',
        'list what there is: GET /api/v1/artifacts',
      ),
    },
  ],
  ['artifact-timeline', 'artifact timeline shop/web:1.0', { 'GET /timeline': page(...timeline) }],
  ['affected', 'affected CVE-2021-23337', { 'POST /affected': { body: affected } }],
  ['affected-csv', 'affected CVE-2021-23337 -o csv', { 'POST /affected': { body: affected } }],
  ['affected-not', 'affected CVE-2021-23337', { 'POST /affected': { body: unaffected } }],
  [
    'affected-nobody-can-tell',
    'affected pkg:npm/lodash@<5',
    {
      'POST /affected': {
        body: {
          ...unaffected,
          advisories: [],
          undecided: [{ purl: 'pkg:npm/lodash@next', reason: 'next and the range have no order' }],
        },
      },
    },
  ],
  ['vex-list', 'vex list --ended', { 'GET /decisions': page(decision, fromDocument) }],
  ['vex-list-empty', 'vex list --advisory CVE-1', { 'GET /decisions': page() }],
  ['vex-get', `vex get ${fromDocument.id}`, { [`GET /decisions/${fromDocument.id}`]: { body: fromDocument } }],
  [
    'vex-decide',
    'vex decide CVE-2021-23337 --component pkg:npm/lodash --artifact shop/** --environment prod --state accepted_risk --expires 2026-12-21 --owner shop --reason "build time only"',
    { 'POST /decisions': { status: 201, body: decision } },
  ],
  [
    'vex-decide-refused',
    'vex decide CVE-2021-23337 --component pkg:npm/lodash --state accepted_risk --reason "build time only"',
    {
      'POST /decisions': failure(
        400,
        'DECISION_INVALID',
        'expires: an accepted risk needs an end; the policy lets a risk be accepted for 90 d at most (findingDecisions.acceptedRisk)',
      ),
    },
  ],
  [
    'vex-decide-forbidden',
    'vex decide CVE-2021-23337 --component lodash --state fixed --reason x',
    {
      'POST /decisions': failure(
        403,
        'FORBIDDEN',
        'the role viewer does not allow finding.decide',
        'it takes one of: approver',
      ),
    },
  ],
  [
    'vex-revoke',
    `vex revoke ${fromDocument.id} --reason "not true"`,
    { [`POST /decisions/${fromDocument.id}/revoke`]: { body: fromDocument } },
  ],
  ['key-list', 'key list', { 'GET /keys': { body: keysAnswer } }],
  [
    'key-revoke',
    'key revoke release --from 2026-11-01T00:00:00Z --reason "laptop stolen"',
    {
      'POST /keys/revocations': {
        body: { outcome: 'revoked', value: 'key:K', judgedAgain: [{ repository: 'shop/web', digest: webDigest }] },
      },
    },
  ],
  [
    'key-rotate',
    'key rotate admission-prod --overlap PT0S --reason "the key leaked"',
    { 'POST /keys/rotations': { status: 202, body: { outcome: 'requested', rotation: 'rot-2026-11-21-5f0c9e1a' } } },
  ],
  ['key-rotate-unnamed', 'key rotate admission-prod', {}],
  ['key-rotate-status', 'key rotate --status', { 'GET /keys/rotations': { body: { rotations: [rotation] } } }],
  ['key-uses', 'key uses --key admission-prod', { 'GET /keys/uses': { body: keyUses } }],
  ['key-uses-verify', 'key uses --verify', { 'GET /keys': { body: keysAnswer }, 'GET /keys/uses': { body: keyUses } }],
  ['key-export', 'key export evidence --public', { 'GET /keys': { body: keysAnswer } }],
  ['key-export-unknown', 'key export admission-nowhere --public', { 'GET /keys': { body: keysAnswer } }],
  ['artifact-graph', 'artifact graph shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
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
    'approve-release',
    'approve rel-3f1c9a7d2b04 --reason "identical"',
    {
      'POST /releases/rel-3f1c9a7d2b04/approve': {
        body: { outcome: 'released', incidents: [inc], repositories: ['shop/web'] },
      },
    },
  ],
  [
    'reject-release',
    'reject rel-3f1c9a7d2b04 --reason "it differs"',
    {
      'POST /releases/rel-3f1c9a7d2b04/reject': {
        body: { outcome: 'rejected', request: 'rel-3f1c9a7d2b04', reason: 'rejected by alice: it differs' },
      },
    },
  ],
  [
    'quarantine-dry-run',
    'quarantine builder:ci --reason "its key leaked" --dry-run',
    { 'POST /incidents': { body: incidentPreview } },
  ],
  [
    'quarantine',
    'quarantine builder:ci --reason "its key leaked"',
    { 'POST /incidents': { status: 201, body: { ...incidentPreview, dryRun: false, id: inc } } },
  ],
  [
    'quarantine-tag',
    'quarantine registry.test:5000/shop/web:1.0 --reason "its key leaked" --dry-run',
    { 'GET /artifact': { body: artifactAnswer }, 'POST /incidents': { body: incidentPreview } },
  ],
  [
    'quarantine-wait',
    'quarantine builder:ci --reason "its key leaked" --wait',
    {
      'POST /incidents': { status: 201, body: { ...incidentPreview, dryRun: false, id: inc } },
      [`GET /incidents/${inc}`]: [
        { body: incident() },
        {
          body: incident({
            state: 'contained',
            containedAt: ago(0),
            releases: [],
            subjects: { fenced: 0, removing: 0, confirmed: 2, released: 0 },
          }),
        },
      ],
    },
  ],
  [
    'release',
    'release shop/web:1.0 --reason "rebuilt: identical"',
    { 'POST /releases': { status: 202, body: { outcome: 'waiting', request: 'rel-3f1c9a7d2b04' } } },
  ],
  [
    'incident-releases',
    'incident releases',
    {
      'GET /releases': page(...incident().releases, {
        ...incident().releases[0],
        id: 'rel-000000000000',
        digest: digestOf('b'),
        repositories: [],
        state: 'rejected',
        decidedBy: 'alice',
        decidedAt: ago(1),
      }),
    },
  ],
  ['incident-releases-empty', 'incident releases --state waiting --full', { 'GET /releases': page() }],
  [
    'rebuild-wait',
    'rebuild shop/web:1.0 --reason "the builder was compromised" --wait',
    {
      'POST /rebuilds': { status: 202, body: { outcome: 'requested', rebuild: 'reb-1' } },
      'GET /rebuilds/reb-1': [
        { body: rebuild({ state: 'building', difference: null, newDigest: null, endedAt: null }) },
        { body: rebuild() },
      ],
    },
  ],
  [
    'incident-list',
    'incident list',
    { 'GET /incidents': page((({ subjectList: _, releases: __, rebuilds: ___, ...summary }) => summary)(incident())) },
  ],
  ['incident-get', `incident get ${inc}`, { [`GET /incidents/${inc}`]: { body: incident() } }],
  [
    'incident-close',
    `incident close ${inc} --reason "everything replaced"`,
    { [`POST /incidents/${inc}/close`]: { body: { id: inc } } },
  ],
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
  [
    'advisories-sync',
    `advisories sync --from "${path.join(import.meta.dirname, '../../../../infra/advisories/Go')}"`,
    {
      'POST /advisories': {
        body: {
          ...advisories,
          stored: 16,
          added: 14,
          updated: 1,
          withdrawn: 0,
          unchanged: 1,
          rejected: 1,
          firstRejected: [{ line: 3, reason: 'id: missing' }],
        },
      },
    },
  ],
  [
    'advisories-status',
    'advisories status',
    {
      'GET /advisories/status': {
        body: {
          ...advisories,
          threats,
          failure: { source: failedEpoch.source, reason: failedEpoch.reason, at: ago(1) },
          epochs: [epoch, failedEpoch],
        },
      },
    },
  ],
  ['reconcile', 'reconcile', { 'POST /reconcile': { status: 202, body: { workflowId: 'reconcile' } } }],
  [
    'policy-apply',
    `policy apply "${path.join(import.meta.dirname, '../../../../infra/policies/default.yaml')}"`,
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

it.each(cases)('%s', async (file, line, answers) => {
  gateway.answer(answers);
  const ran = await runCommand(splitWords(line), { env: { PRATIQUE_TOKEN: 'prq_test', PRATIQUE_URL: gateway.url } });
  const shown = transcriptOf(line, ran)
    .replaceAll(gateway.url, '<gateway>')
    .replaceAll(/"[^"\n]*\/infra\/([^"\n]*)"/g, 'infra/$1')
    .replaceAll(/(?<= )\/\S*\/infra\//g, 'infra/');
  await expect(shown).toMatchFileSnapshot(`transcripts/${file}.txt`);
});
