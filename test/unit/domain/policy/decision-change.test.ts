import { expect, test } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { describeDecisionChange } from '../../../../domain/policy/decision-change.ts';
import type { GateOutcome } from '../../../../domain/policy/gate.ts';

const gate = (name: GateOutcome['gate'], verdict: GateOutcome['verdict'], reason: string): GateOutcome => ({
  gate: name,
  verdict,
  reason,
  evidence: [],
  details: [],
});
const policy = (version: number) => ({ version, digest: `sha256:${String(version).repeat(64)}` as Digest });
const before = {
  policy: policy(3),
  outcome: 'pass',
  admitted: true,
  gates: [gate('digest', 'pass', 'the same bytes'), gate('vulnerabilities', 'pass', 'none at or above high')],
} as const;

test.each([
  ['nothing that a gate says', {}, 'its findings changed'],
  ['the policy', { policy: policy(4) }, 'the policy was version 3, and is version 4'],
  [
    'a gate, and one more',
    {
      gates: [
        gate('digest', 'pass', 'the same bytes'),
        gate('vulnerabilities', 'fail', '1 at or above high'),
        gate('sbom', 'pass', ''),
      ],
    },
    'vulnerabilities was pass (none at or above high), and is fail (1 at or above high); sbom was not asked, and is pass',
  ],
])('%s', (_, change, words) => {
  expect(describeDecisionChange(before, { ...before, ...change })).toBe(words);
});

test('a decision nobody knows', () => {
  expect(describeDecisionChange(undefined, before)).toBe('that is no decision about this artifact and environment');
});
