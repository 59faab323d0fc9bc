/** One artifact's story as the API tells it: waiting for prod, with every part of an answer filled in. */

import type { ArtifactAnswer, PromotionAnswer, PromotionPreviewAnswer } from '../../../../services/cli/api-answers.ts';
import { NOW } from './run-command.ts';

/** So many minutes before the tests' now. */
export const ago = (minutes: number): string => new Date(Date.parse(NOW) - minutes * 60_000).toISOString();

export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;
export const webDigest = digestOf('a');

const gate = (name: string, verdict: string, reason: string, details: string[] = []) => ({
  gate: name,
  verdict,
  reason,
  evidence: [],
  details,
});

const verdict = (environment: string, outcome: string, gates: ReturnType<typeof gate>[]) => ({
  environment,
  outcome,
  admitted: outcome === 'pass',
  policyVersion: 7,
  policyDigest: digestOf('7'),
  decisionDigest: digestOf('d'),
  generation: 2,
  vsa: digestOf('e'),
  evaluatedAt: ago(9),
  ...(environment === 'prod' ? { decisionsUntil: ago(-600) } : {}),
  gates,
});

export const promotion = (over: Partial<PromotionAnswer> = {}): PromotionAnswer => ({
  id: `promotion/prod/shop/web@${webDigest}`,
  environment: 'prod',
  repository: 'shop/web',
  digest: webDigest,
  generation: 1,
  state: 'waiting',
  tag: '1.0',
  rollback: false,
  requestedBy: 'system',
  reason: 'waits for 1 more approval from release-managers (0 of 1 given)',
  waitingFor: {
    for: 'approval',
    until: ago(-72 * 60),
    approvals: { given: 0, required: 1, groups: ['release-managers'] },
    environments: [],
  },
  requestedAt: ago(8),
  updatedAt: ago(8),
  liveAt: null,
  endedAt: null,
  verdict: 41,
  decisionDigest: digestOf('d'),
  approvals: [],
  run: null,
  ...over,
});

/** The same without what only the answer about one promotion has. */
export const summaryOf = ({ verdict: _, decisionDigest: __, approvals: ___, run: ____, ...summary }: PromotionAnswer) =>
  summary;

/** As the answer about its artifact has it. */
export const ofArtifact = ({ run = null, ...answer }: PromotionAnswer) => ({ ...summaryOf(answer), run });

/** A promotion whose step fails, and waits for its next try. */
export const failingPromotion = promotion({
  ...{ environment: 'dev', id: `promotion/dev/shop/web@${webDigest}` },
  ...{ state: 'reserved', reason: '', waitingFor: null },
  run: {
    workflowId: `promotion/dev/shop/web@${webDigest}`,
    status: 'RUNNING',
    pending: [
      {
        ...{ activity: 'admit', attempt: 3, nextTryAt: ago(-1) },
        lastFailure: 'the key admission-dev is revoked and signs no more',
      },
    ],
  },
});

export const artifact: ArtifactAnswer['artifact'] = {
  repository: 'shop/web',
  digest: webDigest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  kind: 'image',
  phase: 'judged',
  outcome: 'judged',
  reason: 'dev: pass, prod: pass',
  generation: 2,
  tags: ['1.0', 'latest'],
  environments: ['dev', 'staging'],
  fenced: false,
  firstSeen: ago(1500),
  updatedAt: ago(8),
};

export const artifactAnswer: ArtifactAnswer = {
  artifact,
  pipeline: null,
  generation: {
    number: 2,
    cause: 'build',
    state: 'closed',
    joined: 1,
    outcome: 'judged',
    reason: 'dev: pass, prod: pass',
    createdAt: ago(10),
    claimedAt: ago(10),
    closedAt: ago(8),
  },
  alsoIn: ['mirror/web'],
  children: [{ digest: digestOf('b'), platform: 'linux/amd64' }],
  platforms: [
    {
      digest: digestOf('b'),
      platform: 'linux/amd64',
      components: 412,
      complete: true,
      failure: null,
      findings: 3,
      knownExploited: 1,
      leftToDistribution: 2,
      decided: [
        {
          ...{ advisory: 'GHSA-35jh-r3h4-6jhm', purl: 'pkg:npm/lodash@4.17.20', state: 'accepted_risk' },
          ...{ decision: '6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11', until: ago(-600) },
        },
      ],
      highest: 'medium',
      scannedAt: ago(9),
    },
    {
      digest: digestOf('c'),
      platform: 'linux/arm64',
      components: null,
      complete: null,
      failure: 'layer sha256:cccc…: gzip ends too early',
      findings: null,
      knownExploited: 0,
      leftToDistribution: 0,
      decided: [],
      highest: null,
      scannedAt: null,
    },
  ],
  evidence: [
    {
      manifest: digestOf('1'),
      subject: webDigest,
      predicateType: 'https://slsa.dev/provenance/v1',
      origin: 'foreign',
      outcome: 'verified',
      identity: 'key:ci',
      rejection: null,
      recordedAt: ago(10),
    },
    {
      manifest: digestOf('2'),
      subject: digestOf('b'),
      predicateType: 'https://cyclonedx.org/bom',
      origin: 'own',
      outcome: 'verified',
      identity: 'key:evidence',
      rejection: null,
      recordedAt: ago(9),
    },
    {
      manifest: digestOf('3'),
      subject: webDigest,
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      origin: 'foreign',
      outcome: 'rejected',
      identity: null,
      rejection: { code: 'SIGNER_UNKNOWN', reason: 'no trusted key made this signature' },
      recordedAt: ago(10),
    },
  ],
  verdicts: [
    verdict('dev', 'pass', [gate('digest', 'pass', 'the registry gives the bytes that are judged')]),
    verdict('prod', 'fail', [
      gate('provenance', 'pass', 'ci vouches for it, built from https://git.example.com/shop/web.git'),
      gate('vulnerabilities', 'fail', '1 finding at or above high', [
        'CVE-2021-23337 high in pkg:npm/lodash@4.17.20, layer sha256:9999…, app/node_modules/lodash, fixed in 4.17.21',
      ]),
      gate('sbom', 'unknown', 'linux/arm64: gzip ends too early'),
    ]),
  ],
  grandfatherings: [],
  placements: [
    { environment: 'dev', destination: 'dev/shop/web', state: 'live', since: ago(8) },
    { environment: 'staging', destination: 'staging/shop/web', state: 'live', since: ago(7) },
  ],
  promotions: [ofArtifact(promotion())],
  fence: null,
  incidents: [],
  builds: {
    claimed: [
      {
        source: '/sources/ci',
        eventId: 'source:ci:1',
        recordedAt: ago(10),
        claim: { commit: 'f00d', builder: { id: 'https://ci.example.com' } },
      },
    ],
    verified: [
      { kind: 'builder', value: 'https://ci.example.com' },
      { kind: 'commit', value: 'f00d' },
    ],
  },
  reports: [
    {
      ...{ digest: digestOf('e'), scanner: 'grype', version: '0.90.0', about: digestOf('b'), named: true },
      ...{ source: 'grype.json', submittedBy: 'ci', submittedAt: ago(20), withdrawn: null },
      ...{ findings: 4, agreed: 3, onlyTheirs: 2, onlyOurs: 1 },
      theirs: [
        {
          ...{ advisory: 'CVE-2026-1000', purl: 'pkg:npm/left-pad@1.3.0', name: 'left-pad', version: '1.3.0' },
          severity: 'high',
        },
      ],
      ours: [{ advisory: 'CVE-2026-2000', purl: 'pkg:deb/debian/curl@8', name: 'curl', version: '8', severity: 'low' }],
    },
  ],
  openFindings: [{ kind: 'tag-moved', detail: { tag: '1.0', from: digestOf('0'), to: webDigest }, foundAt: ago(10) }],
};

export const quarantinedAnswer: ArtifactAnswer = {
  ...artifactAnswer,
  artifact: { ...artifact, fenced: true, environments: [] },
  pipeline: {
    workflowId: `artifact/shop/web@${webDigest}`,
    status: 'RUNNING',
    pending: [
      { activity: 'takeStock', attempt: 3, lastFailure: 'the registry does not answer', nextTryAt: ago(-1) },
      { activity: 'scan', attempt: 1 },
    ],
  },
  fence: { state: 'fenced', incident: 'inc-2026-11-21-5f0c9e1a', reason: 'the key of ci leaked', changedAt: ago(3) },
  incidents: [
    {
      incident: 'inc-2026-11-21-5f0c9e1a',
      relation: 'selected',
      state: 'confirmed',
      incidentState: 'contained',
      reason: 'the key of ci leaked',
    },
  ],
  grandfatherings: [
    {
      ...{ environment: 'prod', destination: 'prod/shop/web', until: ago(-90 * 1440), state: 'gone' },
      ...{
        reason: 'before Pratique',
        sourceKind: 'registry',
        place: 'prod/shop/web:1.0',
        madeBy: 'otto',
        madeAt: ago(3000),
      },
    },
  ],
  placements: [{ environment: 'dev', destination: 'dev/shop/web', state: 'removed', since: ago(8) }],
  promotions: [
    ofArtifact(promotion({ state: 'denied', reason: 'an earlier try', waitingFor: null, endedAt: ago(60) })),
    ofArtifact(
      promotion({
        ...{ state: 'quarantined', generation: 2, waitingFor: null, endedAt: ago(3) },
        reason: 'incident inc-2026-11-21-5f0c9e1a: the key of ci leaked',
      }),
    ),
  ],
  verdicts: [],
  evidence: [],
  platforms: [],
  openFindings: [],
  reports: [],
  builds: { claimed: [], verified: [] },
  alsoIn: [],
};

export const previewAnswer: PromotionPreviewAnswer = {
  dryRun: true,
  repository: 'shop/web',
  digest: webDigest,
  environment: 'prod',
  wouldEnter: false,
  live: false,
  verdict: null,
  open: null,
  refusedBy: [],
  awaits: ['waits for 1 more approval from release-managers'],
};
