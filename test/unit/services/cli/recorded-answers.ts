/** One artifact's story as the API tells it: waiting for prod, with every part of an answer filled in. */

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { IncidentDetail } from '../../../../adapters/postgres/read-incidents.ts';
import type { RebuildDetail } from '../../../../adapters/postgres/read-rebuilds.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { KeyRotation } from '../../../../domain/trust/key-rotation.ts';
import { checkpointText, firstPrevious, keyUseText, type RecordedKeyUse } from '../../../../domain/trust/key-use.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import type {
  ArtifactAnswer,
  IncidentPreviewAnswer,
  KeysAnswer,
  PromotionAnswer,
  PromotionPreviewAnswer,
} from '../../../../services/cli/api-answers.ts';
import type { UsesPage } from '../../../../services/cli/check-key-uses.ts';
import { NOW } from './run-command.ts';

const checkpointPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

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

export const rotation: KeyRotation = {
  id: 'rot-2026-11-21-5f0c9e1a',
  key: 'admission-prod',
  reason: 'the key leaked',
  requestedBy: 'ada',
  requestedAt: ago(30),
  overlapSeconds: 3600,
  state: 'overlap',
  note: '',
  oldKeys: ['A1='],
  newKey: 'A2=',
  retireAt: ago(-30),
  signed: 41,
  remaining: 0,
  refused: [
    {
      environment: 'prod',
      destination: 'prod/shop/web',
      digest: webDigest as Digest,
      reason: 'it does not pass any more: vulnerabilities: 1 high',
    },
  ],
};

/** Two uses, the newer under a checkpoint by the key of `keysAnswer`. */
export const keyUses = recordedKeyUses();

function recordedKeyUses(): UsesPage {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const items: RecordedKeyUse[] = [];
  for (const [index, statement] of [predicateTypes.vsa, predicateTypes.cosignSignature].entries()) {
    const use = {
      position: index + 1,
      at: `2026-11-21T05:30:0${index}.000000Z`,
      actor: 'pratique-trust@host',
      key: 'admission-prod',
      identity: 'key:A2=',
      statement,
      subject: webDigest,
      signed: sha256(`signed ${index}`),
      signature: sha256(`signature ${index}`),
      workflow: `promotion/prod/shop/web@${webDigest}`,
      run: 'run-1',
      previous: items[0]?.hash ?? firstPrevious,
    };
    items.unshift({ ...use, hash: sha256(keyUseText(use)) });
  }
  const { position, hash, at } = items[0] as RecordedKeyUse;
  const signature = sign('sha256', Buffer.from(checkpointText({ position, hash, at })), checkpointPair.privateKey);
  const checkpoint = { position, hash, at, keyId: 'C1=', signature: signature.toString('base64') };
  return { items, next: null, checkpoints: [checkpoint] };
}

export const keysAnswer: KeysAnswer = {
  own: [
    {
      name: 'checkpoint',
      keyId: 'C1=',
      publicKeyPem: checkpointPair.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      firstSeen: ago(9000),
      state: 'trusted',
      inUse: true,
      endedAt: null,
      reference: null,
      uses: 0,
      lastUsed: null,
    },
    {
      name: 'evidence',
      keyId: 'E2=',
      publicKeyPem: '-----BEGIN PUBLIC KEY-----\n',
      firstSeen: ago(60),
      state: 'trusted',
      inUse: true,
      endedAt: null,
      reference: null,
      uses: 12,
      lastUsed: ago(2),
    },
    {
      name: 'evidence',
      keyId: 'E1=',
      publicKeyPem: '-----BEGIN PUBLIC KEY-----\n',
      firstSeen: ago(9000),
      state: 'retired',
      inUse: false,
      endedAt: ago(60),
      reference: null,
      uses: 4096,
      lastUsed: ago(61),
    },
  ],
  signers: [
    { name: 'release', identity: 'key:K', state: 'trusted', from: null, until: ago(-7 * 24 * 60) },
    { name: 'ci', identity: 'cert:https://issuer.example|ci', state: 'retiring', from: null, until: null },
  ],
  revocations: [
    {
      kind: 'signer',
      value: 'key:OLD',
      reason: 'laptop stolen',
      revokedBy: 'ada',
      revokedAt: ago(30),
      from: '2026-11-01T00:00:00.000Z',
      incident: null,
      relied: 2,
      fell: [{ repository: 'shop/web', digest: webDigest as Digest, environment: 'prod', live: true }],
      reverified: {
        id: 'rev-2026-11-21-5f0c9e1a',
        kind: 'signer',
        value: 'key:OLD',
        endedAt: ago(29),
        waiting: 0,
        stood: [{ repository: 'shop/web', digest: webDigest as Digest, environment: 'dev', because: 'proof of time' }],
        fell: [
          {
            repository: 'shop/web',
            digest: webDigest as Digest,
            environment: 'prod',
            live: true,
            reason: 'signature: no signature by a trusted signer',
            incident: 'inc-2026-11-21-5f0c9e1a',
          },
        ],
      },
    },
  ],
};
