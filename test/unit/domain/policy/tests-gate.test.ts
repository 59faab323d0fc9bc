import { describe, expect, test } from 'vitest';
import type { EnvironmentPolicy } from '../../../../domain/policy/document.ts';
import type { GateOutcome, GateVerdict, JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { evaluateGate } from '../../../../domain/policy/gates/gates.ts';
import type { EvidenceRecord, TestFacts } from '../../../../domain/trust/evidence.ts';
import { readTestFacts } from '../../../../domain/trust/read-test-facts.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { ago, createEvidence, createJudged, createPolicy, digestOf, keyIds, now } from './judged-artifact.ts';

function judge(gate: string, evidence: readonly EvidenceRecord[], more: Partial<JudgedArtifact> = {}): GateOutcome {
  const policy = createPolicy([gate]);
  const environment = policy.document.environments[0] as EnvironmentPolicy;
  return evaluateGate(environment.gates[0]!, createJudged({ evidence, ...more }), {
    policy,
    now,
    environment: environment.name,
  });
}

interface Part {
  readonly keyId?: string;
  readonly signedAt?: string;
  readonly configuration?: readonly string[];
  /** The same text: the same signed bytes, in another bundle. */
  readonly bytes?: string;
}

function ran(result: TestFacts['result'], { keyId = keyIds.ci, signedAt, configuration = ['e2e'], bytes }: Part = {}) {
  const failed = result === 'FAILED' ? 1 : 0;
  return createEvidence({
    predicateType: predicateTypes.testResult,
    verification: {
      ...{ outcome: 'verified', identity: { kind: 'key', keyId } },
      ...(signedAt && { signedAt }),
      ...(bytes && { signed: { algorithm: 'classical', digest: bytes } }),
    },
    tests: { result, configuration, passed: 3, warned: 0, failed, ...(failed > 0 && { failures: ['cart.pays'] }) },
  });
}

const gate = '{gate: tests, signers: [ci]}';
const aged = '{gate: tests, signers: [ci], maximumAge: P1D}';

describe('the gate of test results', () => {
  type Row = readonly [what: string, gate: string, evidence: EvidenceRecord[], verdict: GateVerdict, reason: RegExp];
  test.each<Row>([
    ['a result that passed', gate, [ran('PASSED')], 'pass', /PASSED with e2e .* by signer "ci"/],
    ['without signers, any of the policy', '{gate: tests}', [ran('PASSED')], 'pass', /PASSED/],
    ['nothing', gate, [], 'unknown', /no test result by a trusted signer \(accepted: ci\)/],
    ['one that failed', gate, [ran('FAILED')], 'fail', /did not pass: FAILED with e2e .*failed: cart\.pays/],
    ['skipped tests are unknown', gate, [ran('WARNED')], 'unknown', /WARNED/],
    ['unless the policy lets them pass', '{gate: tests, warned: pass}', [ran('WARNED')], 'pass', /WARNED/],
    ['or has them fail', '{gate: tests, warned: fail}', [ran('WARNED')], 'fail', /WARNED/],
    ['by a signer this gate does not accept', gate, [ran('PASSED', { keyId: keyIds.release })], 'unknown', /1 refused/],
    ['by a stranger', '{gate: tests}', [ran('PASSED', { keyId: keyIds.stranger })], 'unknown', /1 refused/],
    ['of our own', gate, [{ ...ran('PASSED'), origin: 'own' }], 'unknown', /1 refused/],
    ['about another digest', gate, [{ ...ran('PASSED'), subject: digestOf('other') }], 'unknown', /no test result/],
    [
      'whose predicate is no test result',
      gate,
      [{ ...ran('PASSED'), tests: undefined } as unknown as EvidenceRecord],
      'unknown',
      /can not be read/,
    ],
    [
      'that was recorded, and is gone from the registry',
      gate,
      [
        ran('PASSED'),
        { ...ran('FAILED'), verification: { outcome: 'rejected', code: 'RECORD_FORGED', reason: 'it is gone' } },
      ],
      'unknown',
      /it is gone/,
    ],
    ['a passed and a failed one, without times', gate, [ran('FAILED'), ran('PASSED')], 'fail', /FAILED/],
    [
      'one that passed after it failed',
      gate,
      [ran('PASSED', { signedAt: ago(60) }), ran('FAILED', { signedAt: ago(120) })],
      'pass',
      /PASSED/,
    ],
    [
      'an old result with a timestamp of today: its first copy tells its time',
      gate,
      [
        ran('PASSED', { signedAt: ago(180), bytes: 'the old' }),
        ran('FAILED', { signedAt: ago(120), bytes: 'the failure' }),
        ran('PASSED', { signedAt: ago(60), bytes: 'the old' }),
      ],
      'fail',
      /FAILED/,
    ],
    [
      'an old result whose first copy has no time proves none with a later one',
      aged,
      [ran('PASSED', { bytes: 'the old' }), ran('PASSED', { signedAt: ago(60), bytes: 'the old' })],
      'unknown',
      /nothing proves when/,
    ],
    [
      'one that failed after it passed: an old result attached anew lifts nothing',
      gate,
      [ran('FAILED', { signedAt: ago(60) }), ran('PASSED', { signedAt: ago(120) })],
      'fail',
      /FAILED/,
    ],
    [
      'one that failed at an unknown time',
      gate,
      [ran('FAILED'), ran('PASSED', { signedAt: ago(120) })],
      'fail',
      /FAILED/,
    ],
    [
      'another configuration that failed',
      gate,
      [ran('PASSED'), ran('FAILED', { configuration: ['load'] })],
      'fail',
      /load/,
    ],
    ['young enough', aged, [ran('PASSED', { signedAt: ago(3600) })], 'pass', /PASSED/],
    ['too old', aged, [ran('PASSED', { signedAt: ago(90_000) })], 'unknown', /25 h old, at most 24 h allowed/],
    ['of an age that nothing proves', aged, [ran('PASSED')], 'unknown', /nothing proves when/],
    ['an old failure is a failure', aged, [ran('FAILED', { signedAt: ago(90_000) })], 'fail', /FAILED/],
    [
      'each configuration that is asked for',
      '{gate: tests, configurations: [e2e, "load/*"]}',
      [ran('PASSED'), ran('PASSED', { configuration: ['load/peak'] })],
      'pass',
      /load\/peak/,
    ],
    [
      'but one',
      '{gate: tests, configurations: [e2e, "load/*"]}',
      [ran('PASSED')],
      'unknown',
      /no test result with a configuration load\/\*/,
    ],
    [
      'a failure of what is not asked for is told, and does not count',
      '{gate: tests, configurations: [e2e]}',
      [ran('PASSED'), ran('FAILED', { configuration: ['nightly'] })],
      'pass',
      /e2e/,
    ],
  ])('%s', (_what, rule, evidence, verdict, reason) => {
    expect(judge(rule, evidence)).toMatchObject({ gate: 'tests', verdict, reason: expect.stringMatching(reason) });
  });

  test('a revoked signer does not count', () => {
    expect(judge(gate, [ran('PASSED')], { revoked: [`key:${keyIds.ci}`] }).verdict).toBe('unknown');
  });
});

describe('what a test result says', () => {
  const subject = digestOf('image');
  const read = (predicate: unknown) => readTestFacts(createStatement(subject, predicateTypes.testResult, predicate));
  test('is read with its configuration by name, and bounded', () => {
    const failedTests = Array.from({ length: 80 }, (_, index) => `test ${index}`);
    const configuration = [{ uri: 'https://ci.example/e2e' }, { name: 'linux' }, {}, { name: 'linux' }];
    const facts = read({ result: 'FAILED', configuration, failedTests });
    expect(facts).toMatchObject({ result: 'FAILED', configuration: ['https://ci.example/e2e', 'linux'], failed: 80 });
    expect(facts?.failures).toHaveLength(50);
  });
  test.each([
    ['a result nobody knows', { result: 'GREEN', configuration: [] }],
    ['no configuration', { result: 'PASSED' }],
    ['text', 'PASSED'],
    ['nothing', null],
  ])('%s is none', (_what, predicate) => {
    expect(read(predicate)).toBeUndefined();
  });
  test('of another type is none', () => {
    const predicate = { result: 'PASSED', configuration: [] };
    expect(readTestFacts(createStatement(subject, predicateTypes.vulns, predicate))).toBeUndefined();
  });
});
