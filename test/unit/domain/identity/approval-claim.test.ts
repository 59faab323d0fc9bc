import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { type ApprovalClaim, approvalText, parseApprovalText } from '../../../../domain/identity/approval-claim.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}` as Digest);
const claim: fc.Arbitrary<ApprovalClaim> = fc.record({
  verb: fc.constantFrom('approve' as const, 'reject' as const),
  about: fc.tuple(fc.constantFrom('dev', 'prod'), digest).map(([name, of]) => `promotion/${name}/shop/web@${of}`),
  decision: fc.option(digest, { nil: undefined }),
  by: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,20}$/),
  reason: fc.string({ maxLength: 200 }),
  at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
});

describe('the text of an approval', () => {
  it('is read as what it was written from, whatever the reason says', () => {
    fc.assert(
      fc.property(claim, (one) => {
        expect(parseApprovalText(approvalText(one))).toEqual(one);
      }),
    );
  });

  it('says one thing: two claims never share a text', () => {
    fc.assert(
      fc.property(claim, claim, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(approvalText(one)).not.toBe(approvalText(other));
      }),
    );
  });

  it('with one character more, less or otherwise is another claim, or none', () => {
    fc.assert(
      fc.property(claim, fc.nat(), fc.constantFrom('', '\n', ' ', 'x', '"', '\r'), (one, where, put) => {
        const text = approvalText(one);
        const at = where % text.length;
        const changed = `${text.slice(0, at)}${put}${text.slice(at + 1)}`;
        fc.pre(changed !== text);
        const read = parseApprovalText(changed);
        expect(read === undefined || approvalText(read) === changed).toBe(true);
        expect(read).not.toEqual(one);
      }),
    );
  });

  const plain = approvalText({
    ...{ verb: 'approve', about: 'promotion/prod/shop@sha256:x', decision: `sha256:${'a'.repeat(64)}` as Digest },
    ...{ by: 'ann', reason: 'looked', at: '2026-01-02T03:04:05.000Z' },
  });
  it.each([
    ['nothing', ''],
    ['another header', plain.replace('version 1', 'version 2')],
    ['carriage returns', plain.replaceAll('\n', '\r\n')],
    ['a line twice', plain.replace('by: ann', 'by: ann\nby: ben')],
    ['the reason spelt otherwise', plain.replace('"looked"', '"\\u006cooked"')],
    ['a time in another zone', plain.replace('.000Z', '.000+01:00')],
    ['a day that is none', plain.replace('-01-02T', '-13-02T')],
    ['a digest of another kind', plain.replace('sha256:a', 'sha1:a')],
    ['no end', plain.slice(0, -1)],
    ['too much', plain.replace('looked', 'x'.repeat(9000))],
  ])('with %s is none', (_, text) => {
    expect(parseApprovalText(text)).toBeUndefined();
  });
});
