/** What the API answers about incidents, for the transcripts. */
import type { IncidentDetail } from '../../../../adapters/postgres/read-incidents.ts';
import type { RebuildDetail } from '../../../../adapters/postgres/read-rebuilds.ts';
import type { IncidentPreviewAnswer } from '../../../../services/cli/api-answers.ts';
import { ago, digestOf, webDigest } from './recorded-answers.ts';

export const incidentPreview: IncidentPreviewAnswer = {
  dryRun: true,
  subjects: [
    { digest: webDigest, relation: 'selected', repositories: ['shop/web'], environments: ['dev', 'prod'] },
    { digest: digestOf('b'), relation: 'child', repositories: [], environments: [] },
  ],
  shared: [digestOf('f')],
};

export const incident = (over: Partial<IncidentDetail> = {}): IncidentDetail => ({
  id: 'inc-2026-11-21-5f0c9e1a',
  selector: { kind: 'builder', value: 'https://ci.example.com' },
  reason: 'the key of ci leaked',
  state: 'open',
  openedBy: 'rita',
  openedAt: ago(5),
  containedAt: null,
  closedBy: null,
  closedAt: null,
  subjects: { fenced: 0, removing: 1, confirmed: 1, released: 0 },
  subjectList: [
    {
      digest: webDigest,
      relation: 'selected',
      state: 'removing',
      repositories: ['shop/web'],
      environments: ['prod'],
      detail: {},
      fencedAt: ago(5),
      confirmedAt: null,
      releasedAt: null,
    },
    {
      digest: digestOf('b'),
      relation: 'child',
      state: 'confirmed',
      repositories: [],
      environments: [],
      detail: {},
      fencedAt: ago(5),
      confirmedAt: ago(4),
      releasedAt: null,
    },
  ],
  releases: [
    {
      id: 'rel-3f1c9a7d2b04',
      incident: 'inc-2026-11-21-5f0c9e1a',
      digest: webDigest,
      repositories: ['shop/web'],
      reason: 'rebuilt: identical',
      state: 'waiting',
      requestedBy: 'rita',
      requestedAt: ago(2),
      decidedBy: null,
      decidedAt: null,
    },
  ],
  rebuilds: [
    {
      ...{ id: 'reb-1', repository: 'shop/web', digest: webDigest, state: 'identical', newDigest: webDigest },
      ...{ clears: false, why: 'no other host vouches for it' },
    },
    {
      ...{ id: 'reb-2', repository: 'shop/web', digest: webDigest, state: 'identical', newDigest: webDigest },
      ...{ clears: true, why: null },
    },
  ],
  ...over,
});

const entry = (size: number, digit: string) => ({
  type: 'file',
  mode: 0o755,
  owner: '0:0',
  size,
  sha256: digit.repeat(64),
  layer: digestOf('9'),
});

export const rebuild = (over: Partial<RebuildDetail> = {}): RebuildDetail => ({
  id: 'reb-1',
  repository: 'shop/web',
  digest: webDigest,
  incident: 'inc-2026-11-21-5f0c9e1a',
  state: 'different',
  source: { repository: 'https://git.example.com/shop/web.git', commit: 'f00d' },
  newDigest: digestOf('5'),
  difference: {
    identical: false,
    added: [],
    removed: [{ path: 'app/.hidden/miner', ...entry(90210, '6') }],
    changed: [{ path: 'app/server.js', aspects: ['content'], before: entry(2048, '1'), after: entry(2000, '2') }],
    totals: { added: 0, removed: 1, changed: 1, unchanged: 3812 },
    configuration: ['Entrypoint'],
  },
  reason: 'the builder was compromised',
  requestedBy: 'rita',
  requestedAt: ago(4),
  endedAt: ago(1),
  ...over,
});
