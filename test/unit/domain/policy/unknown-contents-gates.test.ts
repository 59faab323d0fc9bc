import { describe, expect, test } from 'vitest';
import { judge, type Row } from './judge-gate.ts';
import { createJudged, createPlatform } from './judged-artifact.ts';

describe('what is not known is unknown, in every gate that asks about contents', () => {
  const gates = [
    '{gate: sbom, minimumComponents: 0}',
    '{gate: vulnerabilities, severity: low}',
    '{gate: licences, deny: [AGPL-*]}',
  ];
  const cases: readonly Row[] = [
    ['no platform', createJudged({ platforms: [] }), 'unknown', /no stock was taken/],
    ['a failure', createJudged({ platforms: [], failure: 'layer 3 is truncated' }), 'unknown', /layer 3 is truncated/],
    ['a failure besides stock', createJudged({ failure: 'arm64 is gone' }), 'unknown', /arm64 is gone/],
    [
      'an incomplete platform',
      createJudged({
        platforms: [
          createPlatform(),
          createPlatform({ platform: 'linux/arm64', complete: false, unreadable: ['var/lib/dpkg/status: too large'] }),
        ],
      }),
      'unknown',
      /linux\/arm64 .*incomplete/,
    ],
  ];
  test.each(gates.flatMap((gate) => cases.map((row) => [gate, ...row] as const)))(
    '%s: %s',
    (gate, _what, judged, verdict, reason) => {
      expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
    },
  );

  test('names the file that could not be read', () => {
    expect(judge(gates[0]!, cases[3]![1]).details).toEqual([
      'linux/arm64: could not read var/lib/dpkg/status: too large',
    ]);
  });
});
