import { describe, expect, test } from 'vitest';
import { judge, type Row } from './judge-gate.ts';
import { createJudged, digestOf } from './judged-artifact.ts';

describe('digest', () => {
  test.each<Row>([
    ['the same bytes', createJudged(), 'pass', /gives sha256:/],
    ['other bytes', createJudged({ observedDigest: digestOf('other') }), 'fail', /where sha256:.* was judged/],
    ['gone', createJudged({ observedDigest: undefined }), 'unknown', /no longer has shop\/web@sha256:/],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge('{gate: digest}', judged)).toMatchObject({
      gate: 'digest',
      verdict,
      reason: expect.stringMatching(reason),
    });
  });
});
