/** An import and a report as the gateway gives them back, for transcripts. */
import type {
  ImportAnswer,
  ImportedReferenceAnswer,
  ReportedArtifactAnswer,
} from '../../../../services/cli/api-answers.ts';
import { ago, digestOf, webDigest } from './recorded-answers.ts';

export const importRun: ImportAnswer = {
  id: '5d0f6a52-8f4e-4f43-9a3c-6d1c1f0a2b3c',
  environment: 'prod',
  until: '2027-04-01T00:00:00.000Z',
  reason: 'before Pratique',
  ...{ sourceKind: 'registry', source: 'prod/**', dryRun: false, state: 'started', note: '' },
  ...{ requestedBy: 'otto', requestedAt: ago(1), endedAt: null },
  references: 0,
  counts: {},
};

const item = (position: number, more: Partial<ImportedReferenceAnswer>): ImportedReferenceAnswer => ({
  ...{ position, reference: `registry.test/prod/shop/web:${position}.0`, place: `prod/shop/web:${position}.0` },
  ...{ outcome: 'taken', reason: '', repository: 'shop/web', digest: webDigest },
  ...more,
});
export const importItems = [
  item(1, {}),
  item(2, { outcome: 'ignored', reason: `is evidence about ${webDigest}`, digest: digestOf('e') }),
  item(3, { outcome: 'refused', reason: 'quarantined by incident inc-1: malicious', digest: digestOf('f') }),
  item(4, {
    outcome: 'unresolved',
    reason: 'the registry has no prod/shop/web:4.0 like that',
    repository: null,
    digest: null,
  }),
];

export const reportCounts = {
  policyVersion: 3,
  environments: [
    { environment: 'dev', mode: 'audit', artifacts: 4, wouldBeDenied: 0, grandfathered: 0, ended: 0 },
    { environment: 'prod', mode: 'enforce', artifacts: 9, wouldBeDenied: 3, grandfathered: 1, ended: 1 },
  ],
};

const reportedItem = (over: Partial<ReportedArtifactAnswer>): ReportedArtifactAnswer => ({
  ...{ environment: 'prod', destination: 'prod/shop/web', repository: 'shop/web', digest: webDigest },
  ...{ outcome: 'fail', wouldBeDenied: true, admitted: false, fenced: false },
  gates: [
    { gate: 'provenance', verdict: 'unknown', reason: 'no provenance' },
    { gate: 'vulnerabilities', verdict: 'fail', reason: '1 finding at or above high' },
  ],
  judgedAt: ago(8),
  grandfathered: {
    ...{ until: ago(-90 * 1440), ended: false, reason: 'before Pratique' },
    ...{ source: 'registry', place: 'prod/shop/web:1.0', by: 'otto' },
  },
  ...over,
});
const over = { until: ago(1440), ended: true, reason: 'before Pratique', source: 'git', place: 'a.yaml', by: 'otto' };
export const reportItems = [
  reportedItem({}),
  reportedItem({ digest: digestOf('1'), grandfathered: over }),
  reportedItem({
    digest: digestOf('2'),
    outcome: 'unjudged',
    gates: [],
    judgedAt: null,
    admitted: true,
    grandfathered: null,
  }),
];
