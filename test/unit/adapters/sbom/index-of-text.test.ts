import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexOfText } from '../../../../adapters/sbom/index-of-text.ts';

/** Few letters, so that parts of the text stand everywhere. */
const letters = fc.array(fc.constantFrom('a', 'b', '\xff'), { maxLength: 40 }).map((all) => all.join(''));

describe('the place of a text', () => {
  it('is where Node finds it', () => {
    fc.assert(
      fc.property(letters, letters, letters, fc.nat(50), (before, behind, some, from) => {
        const text = `${some}a`;
        const bytes = Buffer.from(`${before}${text}${behind}`, 'latin1');
        expect(indexOfText(bytes, text, from)).toBe(bytes.indexOf(text, from, 'latin1'));
      }),
    );
  });

  it('is found behind thousands of places that only end as it does', () => {
    const bytes = Buffer.from(`${'buildinf:'.repeat(5000)}\xff Go buildinf:`, 'latin1');
    expect(indexOfText(bytes, '\xff Go buildinf:', 0)).toBe(45_000);
    expect(indexOfText(bytes, '\xff Go buildinf:', 45_001)).toBe(-1);
  });
});
