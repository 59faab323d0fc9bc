import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../domain/trust/canonical-json.ts';

describe('canonicalJson', () => {
  it.each([
    // RFC 8785, section 3.2.3: keys by UTF-16 code units, not by code points.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    [{ b: [true, null, 1e30, 'é"'], a: {} }, '{"a":{},"b":[true,null,1e+30,"é\\""]}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    ['text', '"text"'],
  ])('%j', (value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });

  it.each([[Number.NaN], [1n], [undefined], [{ a: [undefined] }], [() => 1]])(
    'refuses what JSON cannot say',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );

  it('keeps the value, and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        // Not toEqual: it stumbles over an own property called __proto__, which JSON may have.
        expect(isDeepStrictEqual(JSON.parse(canonicalJson(object)), JSON.parse(JSON.stringify(object)))).toBe(true);
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });
});
