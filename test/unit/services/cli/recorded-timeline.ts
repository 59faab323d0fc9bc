import type { TimelineEntry } from '../../../../adapters/postgres/read-timeline.ts';
import { ago, digestOf, webDigest } from './recorded-answers.ts';

let sequence = 0;
const outcome = (minutes: number, type: string, data: Record<string, unknown>, actor = 'system'): TimelineEntry => ({
  at: ago(minutes),
  from: 'outcome',
  type,
  actor,
  sequence: ++sequence,
  data,
  trace: null,
});

/** From the push to the release, an event of nearly every kind. */
export const timeline: readonly TimelineEntry[] = [
  {
    at: ago(30),
    from: 'intake',
    type: 'artifact-pushed',
    actor: '/registries/main',
    sequence: null,
    data: { event: 'registry:1', outcome: 'started', reason: 'push', tag: '1.0', generation: 1, occurredAt: ago(30) },
    trace: null,
  },
  outcome(30, 'artifact.received', { event: 'registry:1', kind: 'artifact-pushed', outcome: 'started', generation: 1 }),
  outcome(30, 'artifact.tag-moved', { tag: '1.0', from: digestOf('0'), to: webDigest }),
  {
    at: ago(29),
    from: 'intake',
    type: 'build-finished',
    actor: '/sources/ci',
    sequence: null,
    data: { event: 'source:ci:1', outcome: 'joined', reason: 'build', generation: 1, occurredAt: ago(29) },
    trace: null,
  },
  outcome(28, 'artifact.judged-for', {
    environment: 'dev',
    outcome: 'pass',
    admitted: true,
    policyVersion: 7,
    gates: [{ gate: 'digest', verdict: 'pass', reason: 'same' }],
  }),
  outcome(28, 'artifact.judged-for', {
    environment: 'lab',
    outcome: 'fail',
    admitted: false,
    policyVersion: 7,
    gates: [
      { gate: 'vulnerabilities', verdict: 'fail', reason: '1 finding at or above high' },
      { gate: 'sbom', verdict: 'unknown', reason: 'a layer could not be read' },
    ],
  }),
  outcome(28, 'artifact.judged', { generation: 1, outcome: 'judged', reason: 'dev: pass, lab: fail' }),
  outcome(27, 'promotion.requested', { environment: 'dev', generation: 1, tag: '1.0' }),
  outcome(27, 'promotion.reserved', { environment: 'dev', generation: 1, approvedBy: [] }),
  outcome(26, 'promotion.live', { environment: 'dev', destination: 'dev/shop/web', tag: '1.0', approvedBy: [] }),
  outcome(25, 'promotion.waiting', { environment: 'prod', for: 'approval', reason: '0 of 1 approvals' }),
  outcome(24, 'promotion.reminded', { environment: 'prod', count: 1 }),
  outcome(23, 'promotion.approval-refused', { environment: 'prod', reason: 'asked for the promotion' }, 'bob'),
  outcome(22, 'promotion.approved', { environment: 'prod', reason: 'tested on staging' }, 'alice'),
  outcome(21, 'promotion.live', {
    environment: 'prod',
    destination: 'prod/shop/web',
    tag: '1.0',
    approvedBy: ['alice'],
  }),
  outcome(
    9,
    'incident.opened',
    { selector: { kind: 'builder', value: 'https://ci.example.com' }, reason: 'its key leaked', subjects: 4 },
    'rita',
  ),
  outcome(9, 'artifact.fenced', { incident: 'inc-1', reason: 'its key leaked' }),
  outcome(8, 'artifact.removed', {
    incident: 'inc-1',
    environment: 'prod',
    from: 'prod/shop/web',
    keptIn: 'quarantine/shop/web',
  }),
  outcome(7, 'artifact.quarantined', { incident: 'inc-1', readBacks: 2, environments: ['dev', 'prod'] }),
  outcome(
    6,
    'incident.release-requested',
    { digest: webDigest, request: 'rel-1', reason: 'rebuilt: identical' },
    'rita',
  ),
  outcome(5, 'incident.release-approved', { digest: webDigest, request: 'rel-1', reason: 'seen' }, 'alice'),
  outcome(5, 'artifact.released', { incident: 'inc-1', reason: 'seen' }, 'alice'),
  outcome(5, 'step.retry-requested', { step: 'attestArtifact', attempt: 3 }, 'olga'),
  outcome(5, 'step.retry-requested', { environment: 'prod', step: 'enterEnvironment', attempt: 2 }, 'olga'),
  outcome(5, 'artifact.rebuild-requested', { rebuild: 'reb-1', reason: 'its key leaked' }, 'rita'),
  outcome(5, 'artifact.rebuilding', {
    rebuild: 'reb-1',
    source: { repository: 'https://git.example.com/shop/web', commit: 'c'.repeat(40) },
  }),
  outcome(5, 'artifact.rebuilt', { rebuild: 'reb-1', identical: true }),
  outcome(5, 'artifact.rebuilt', {
    rebuild: 'reb-2',
    identical: false,
    replacement: `sha256:${'d'.repeat(64)}`,
    summary: '1 file added: /usr/bin/miner',
  }),
  outcome(5, 'artifact.replaces', { rebuild: 'reb-2', original: webDigest, tag: '1.0' }),
  outcome(4, 'artifact.rebuild-failed', { rebuild: 'reb-3', reason: 'the policy names no source for shop/web' }),
  outcome(
    4,
    'artifact.grandfathered',
    { environment: 'prod', until: '2027-03-31T00:00:00.000Z', place: 'prod/shop/web:1.0', reason: 'PLAT-12' },
    'olga',
  ),
  outcome(4, 'artifact.grandfathering-ended', {
    environment: 'prod',
    gates: [{ gate: 'provenance', verdict: 'fail', reason: 'there is none' }],
  }),
  outcome(4, 'promotion.denied', { environment: 'prod', reason: 'a second\nline and \u001b[31mred\u001b[0m' }),
  outcome(3, 'artifact.kind-nobody-has-words-for', { colour: 'blue', count: 3 }),
];
