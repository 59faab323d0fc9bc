import { describe, expect, test } from 'vitest';
import { judge, type Row } from './judge-gate.ts';
import { createJudged, createPlatform } from './judged-artifact.ts';

describe('sbom', () => {
  test.each<Row>([
    ['components', createJudged(), 'pass', /1 component in linux\/amd64/],
    [
      'none',
      createJudged({ platforms: [createPlatform({ componentCount: 0, licences: [] })] }),
      'unknown',
      /0 components .*at least 1 expected/,
    ],
    [
      'one empty platform of two',
      createJudged({ platforms: [createPlatform(), createPlatform({ platform: 'linux/arm64', componentCount: 0 })] }),
      'unknown',
      /0 components found in linux\/arm64/,
    ],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge('{gate: sbom}', judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  test('an image of nothing passes only where the policy says that it may', () => {
    const empty = createJudged({ platforms: [createPlatform({ componentCount: 0, licences: [] })] });
    expect(judge('{gate: sbom, minimumComponents: 0}', empty).verdict).toBe('pass');
  });
});
