import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSnappy } from '../../../../adapters/github/decode-snappy.ts';
import { literalSnappy } from '../../../fakes/literal-snappy.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const decode = (bytes: Uint8Array) => Buffer.from(decodeSnappy(bytes, 1_000_000)).toString();

/** By hand, from format_description.txt. */
it.each<[string, string, string]>([
  ['nothing', '00', ''],
  ['a literal', '03 08 616263', 'abc'],
  ['a copy with an 11-bit offset', '09 08 616263 09 03', 'abcabcabc'],
  ['a copy with a 16-bit offset', '06 08 616263 0a 0300', 'abcabc'],
  ['a copy with a 32-bit offset', '06 08 616263 0b 03000000', 'abcabc'],
  ['a copy that overlaps what it writes', '0b 00 61 26 0100', 'aaaaaaaaaaa'],
])('%s', (_name, bytes, text) => {
  expect(decode(hex(bytes))).toBe(text);
});

it.each([59, 60, 61, 256, 257, 70_000])('a literal of %i bytes', (length) => {
  const text = 'x'.repeat(length);
  expect(decode(literalSnappy(Buffer.from(text)))).toBe(text);
});

describe('refused', () => {
  it.each<[string, string]>([
    ['no bytes', ''],
    ['a length without an end', 'ffffffffffff'],
    ['more than may be read', 'ffffff7f'],
    ['a literal that breaks off', '05 10 6162'],
    ['fewer bytes than it says', '05 08 616263'],
    ['more bytes than it says', '02 08 616263'],
    ['a copy from before the beginning', '09 08 616263 09 04'],
    ['a copy of nothing', '09 08 616263 09 00'],
    ['a copy beyond the end', '04 08 616263 09 03'],
  ])('%s', (_name, bytes) => {
    expect(() => decode(hex(bytes))).toThrow(expect.objectContaining({ code: 'GITHUB_ANSWER_INVALID' }) as Error);
  });

  it('any bytes: with a code, or as bytes within the limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodeSnappy(bytes, 10_000).length).toBeLessThanOrEqual(10_000);
        } catch (error) {
          expect(error).toMatchObject({ name: 'GithubError' });
        }
      }),
    );
  });
});
