/** Incidents: quarantine, release, rebuild. */
import { ago, artifactAnswer, digestOf } from '../recorded-answers.ts';
import { incident, incidentPreview, rebuild } from '../recorded-incidents.ts';
import { page, type TranscriptCase } from './case.ts';

const inc = 'inc-2026-11-21-5f0c9e1a';

export const incidentCases: readonly TranscriptCase[] = [
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
    'incident-get-released',
    `incident get ${inc}`,
    {
      [`GET /incidents/${inc}`]: {
        body: incident({ state: 'contained', subjects: { fenced: 0, removing: 0, confirmed: 0, released: 2 } }),
      },
    },
  ],
  [
    'incident-close',
    `incident close ${inc} --reason "everything replaced"`,
    { [`POST /incidents/${inc}/close`]: { body: { id: inc } } },
  ],
];
