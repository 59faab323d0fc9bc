import { describe, expect, test } from 'vitest';
import { evaluateVerdict } from '../../../../domain/policy/evaluate.ts';
import type { JudgedArtifact } from '../../../../domain/policy/gate.ts';
import type { Policy } from '../../../../domain/policy/policy.ts';
import {
  ago,
  createEvidence,
  createFinding,
  createJudged,
  createPlatform,
  createPolicy,
  digestOf,
  hashes,
  now,
} from './judged-artifact.ts';

const policy = createPolicy(['{gate: digest}', '{gate: vulnerabilities, severity: high}', '{gate: sbom}']);
function evaluate(judged: JudgedArtifact, under: Policy = policy, at = now) {
  return evaluateVerdict({
    policy: under,
    environment: under.document.environments[0]!,
    judged,
    now: at,
    sha256: hashes.sha256,
  });
}
const withFindings = (...findings: ReturnType<typeof createFinding>[]) =>
  createJudged({ platforms: [createPlatform({ findings })] });
const incomplete = createJudged({ platforms: [createPlatform({ complete: false })] });
const audit: Policy = {
  ...policy,
  document: {
    ...policy.document,
    environments: policy.document.environments.map((entry) => ({ ...entry, mode: 'audit' as const })),
  },
};

describe('outcome', () => {
  test.each([
    ['all pass', createJudged(), 'pass', true],
    ['one cannot tell', incomplete, 'unknown', false],
    ['one fails', withFindings(createFinding()), 'fail', false],
    [
      'one fails and another cannot tell',
      { ...withFindings(createFinding()), observedDigest: undefined },
      'fail',
      false,
    ],
  ] as const)('%s', (_what, judged, outcome, admitted) => {
    expect(evaluate(judged)).toMatchObject({ outcome, admitted, mode: 'enforce' });
    expect(evaluate(judged, audit)).toMatchObject({ outcome, admitted: true, mode: 'audit' });
  });

  test('an environment without gates has passed nothing', () => {
    const environment = { ...policy.document.environments[0]!, gates: [] };
    const verdict = evaluateVerdict({ policy, environment, judged: createJudged(), now, sha256: hashes.sha256 });
    expect(verdict).toMatchObject({ outcome: 'unknown', admitted: false });
  });

  test('names artifact, environment, policy and time', () => {
    expect(evaluate(createJudged())).toMatchObject({
      key: createJudged().key,
      environment: 'dev',
      policy: { digest: policy.digest, version: 3 },
      evaluatedAt: now,
    });
    expect(evaluate(createJudged()).gates.map(({ gate }) => gate)).toEqual(['digest', 'vulnerabilities', 'sbom']);
  });
});

describe('decision digest', () => {
  const low = createFinding({ severity: 'low' });
  const other = createFinding({ severity: 'low', advisory: 'CVE-2019-10744' });
  const base = evaluate(withFindings(low, other)).decisionDigest;

  test.each([
    ['a rescan', { ...withFindings(low, other), scan: { ...createJudged().scan!, at: ago(1) } }],
    ['another order', withFindings(other, low)],
    [
      'the same finding in two platforms',
      createJudged({
        platforms: [
          createPlatform({ findings: [low, other] }),
          createPlatform({ platform: 'linux/arm64', findings: [low] }),
        ],
      }),
    ],
    ['more evidence', { ...withFindings(low, other), evidence: [createEvidence()] }],
    [
      'an approval',
      {
        ...withFindings(low, other),
        approvals: [{ principal: 'ann', groups: [], verb: 'approve', reason: 'x', decisionDigest: 'x', at: now }],
      },
    ],
  ] satisfies [string, JudgedArtifact][])('stays after %s', (_what, judged) => {
    expect(evaluate(judged).decisionDigest).toBe(base);
  });

  test('stays as time goes by', () => {
    expect(evaluate(withFindings(low, other), policy, ago(-3600)).decisionDigest).toBe(base);
  });

  test.each([
    ['a finding more', withFindings(low, other, createFinding({ severity: 'low', advisory: 'CVE-1' }))],
    ['a finding less', withFindings(low)],
    ['a severity that changed below the threshold', withFindings({ ...low, severity: 'medium' }, other)],
    ['a gate that changed its mind', { ...withFindings(low, other), observedDigest: undefined }],
    ['another repository', { ...withFindings(low, other), key: { ...createJudged().key, repository: 'shop/api' } }],
    [
      'other bytes',
      {
        ...withFindings(low, other),
        key: { ...createJudged().key, digest: digestOf('x') },
        observedDigest: digestOf('x'),
      },
    ],
  ] satisfies [string, JudgedArtifact][])('changes with %s', (_what, judged) => {
    expect(evaluate(judged).decisionDigest).not.toBe(base);
  });

  test('changes with the policy and the environment', () => {
    const changed = createPolicy(
      ['{gate: digest}', '{gate: vulnerabilities, severity: high}', '{gate: sbom}'],
      '# edited\n',
    );
    expect(evaluate(withFindings(low, other), changed).decisionDigest).not.toBe(base);
    const environment = { ...policy.document.environments[0]!, name: 'prod' };
    const verdict = evaluateVerdict({
      policy,
      environment,
      judged: withFindings(low, other),
      now,
      sha256: hashes.sha256,
    });
    expect(verdict.decisionDigest).not.toBe(base);
  });
});
