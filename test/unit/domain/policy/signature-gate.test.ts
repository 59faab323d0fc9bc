import { describe, expect, test } from 'vitest';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { judge, type Row, rejected } from './judge-gate.ts';
import { createEvidence, createJudged, digestOf, keyIds } from './judged-artifact.ts';

describe('signature', () => {
  const gate = '{gate: signature, signers: [release]}';
  const good = createEvidence({ keyId: keyIds.release });
  test.each<Row>([
    ['by a named signer', createJudged({ evidence: [good] }), 'pass', /signed by signer "release"/],
    [
      'a flood of others hides nothing',
      createJudged({
        evidence: [...Array.from({ length: 200 }, () => createEvidence({ verification: rejected })), good],
      }),
      'pass',
      /release/,
    ],
    ['nothing', createJudged(), 'fail', /accepted: release; nothing is signed/],
    [
      'by our own key',
      createJudged({ evidence: [createEvidence({ keyId: keyIds.release, origin: 'own' })] }),
      'fail',
      /1 refused/,
    ],
    ['by another signer', createJudged({ evidence: [createEvidence({ keyId: keyIds.ci })] }), 'fail', /1 refused/],
    ['by a stranger', createJudged({ evidence: [createEvidence({ keyId: keyIds.stranger })] }), 'fail', /1 refused/],
    [
      'by a certificate',
      createJudged({
        evidence: [
          createEvidence({
            verification: { outcome: 'verified', identity: { kind: 'certificate', subject: 'release', issuer: 'x' } },
          }),
        ],
      }),
      'fail',
      /1 refused/,
    ],
    ['not verified', createJudged({ evidence: [createEvidence({ verification: rejected })] }), 'fail', /1 refused/],
    ['by a revoked key', createJudged({ evidence: [good], revoked: [`key:${keyIds.release}`] }), 'fail', /1 refused/],
    [
      'on a child of the index',
      createJudged({ evidence: [{ ...good, subject: digestOf('child') }] }),
      'fail',
      /1 refused/,
    ],
    [
      'another statement by the signer',
      createJudged({ evidence: [createEvidence({ keyId: keyIds.release, predicateType: predicateTypes.vsa })] }),
      'fail',
      /nothing is signed/,
    ],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  describe('of a classical and a post-quantum key', () => {
    const both = (signatures: string) => `{gate: signature, signers: [release, ci], signatures: ${signatures}}`;
    const by = (keyId: string, algorithm: 'classical' | 'post-quantum', digest: string) =>
      createEvidence({
        verification: { outcome: 'verified', identity: { kind: 'key', keyId }, signed: { algorithm, digest } },
      });
    const classical = by(keyIds.release, 'classical', 'a');
    const twin = by(keyIds.ci, 'post-quantum', 'a');
    test.each([
      ['all', 'both', [classical, twin], 'pass'],
      ['all', 'one that was stripped of its twin', [classical], 'fail'],
      ['all', 'the twin alone', [twin], 'fail'],
      ['all', 'a twin over another statement', [classical, by(keyIds.ci, 'post-quantum', 'b')], 'fail'],
      ['all', 'a twin by a stranger', [classical, by(keyIds.stranger, 'post-quantum', 'a')], 'fail'],
      ['all', 'records of before', [good], 'fail'],
      ['any', 'the twin alone', [twin], 'pass'],
      ['classical', 'the twin alone', [twin], 'fail'],
      ['classical', 'both', [classical, twin], 'pass'],
    ] as const)('%s: %s', (signatures, _, evidence, verdict) => {
      expect(judge(both(signatures), createJudged({ evidence }))).toMatchObject({ verdict });
    });
  });

  test('rests on the signature, and says why others do not count', () => {
    expect(judge(gate, createJudged({ evidence: [good] })).evidence).toEqual([good.manifest]);
    const { details, reason } = judge(
      gate,
      createJudged({
        evidence: [createEvidence({ keyId: keyIds.stranger }), createEvidence({ verification: rejected })],
      }),
    );
    expect(reason).toMatch(/2 refused: SIGNATURE_INVALID, SIGNER_NOT_ACCEPTED\)$/);
    expect(details[0]).toContain(
      `refused (SIGNER_NOT_ACCEPTED): signed by unlisted key:${keyIds.stranger}, whom this gate does not accept`,
    );
    expect(details[1]).toContain('refused (SIGNATURE_INVALID): the signature is wrong');
  });

  test('without names, any signer of the policy', () => {
    expect(judge('{gate: signature}', createJudged({ evidence: [createEvidence({ keyId: keyIds.ci })] })).verdict).toBe(
      'pass',
    );
    expect(
      judge('{gate: signature}', createJudged({ evidence: [createEvidence({ keyId: keyIds.stranger })] })).verdict,
    ).toBe('fail');
  });
});
