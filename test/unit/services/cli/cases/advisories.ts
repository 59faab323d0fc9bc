/** Advisories: who is affected, what was decided, what was synced. */
import path from 'node:path';
import { ago, digestOf, webDigest } from '../recorded-answers.ts';
import { failure, page, type TranscriptCase } from './case.ts';

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
          ...{ ...affectedPlace, layer: null, path: '=app, "quoted"', places: 2, attestedBy: 'ci' },
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
  unseen: [],
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

export const advisoryCases: readonly TranscriptCase[] = [
  ['affected', 'affected CVE-2021-23337', { 'POST /affected': { body: affected } }],
  ['affected-csv', 'affected CVE-2021-23337 -o csv', { 'POST /affected': { body: affected } }],
  ['affected-not', 'affected CVE-2021-23337', { 'POST /affected': { body: unaffected } }],
  [
    'affected-unseen',
    'affected pkg:npm/lodahs',
    {
      'POST /affected': {
        body: { ...unaffected, advisories: [], unseen: [{ purl: 'pkg:npm/lodahs', nearest: 'pkg:npm/lodash' }] },
      },
    },
  ],
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
    { 'POST /decisions': { status: 201, body: decision }, 'GET /affected': { body: unaffected } },
  ],
  [
    'vex-decide-unknown',
    'vex decide CVE-2099-1 --state not_affected --justification component_not_present --reason "not in this build"',
    {
      'POST /decisions': { status: 201, body: { ...decision, advisories: ['CVE-2099-1'] } },
      'GET /affected': failure(404, 'AFFECTED_UNKNOWN', 'no advisory here is called CVE-2099-1'),
    },
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
  // Nothing is asked of the server: there would be an import that failed.
  [
    'advisories-sync-no-feed',
    `advisories sync --from "${path.join(import.meta.dirname, '../../../../../infra/dev/README.md')}"`,
    {},
  ],
  [
    'advisories-sync',
    `advisories sync --from "${path.join(import.meta.dirname, '../../../../../infra/advisories/Go')}"`,
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
];
