import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkTarget } from '../../../../adapters/archive/entry-path.ts';

/** Part by part, as a kernel goes. */
function walk(path: string, linkname: string): string {
  const at = linkname.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const part of linkname.split('/')) {
    if (part === '..') at.pop();
    else if (part !== '' && part !== '.') at.push(part);
  }
  return at.join('/');
}

const part = fc.constantFrom('a', 'bin', '.hidden', '..b', '...');
const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const linkname = fc
  .tuple(
    fc.constantFrom('', '/', '//', './', '../'),
    fc.array(fc.oneof(part, fc.constantFrom('..', '.', '')), { maxLength: 6 }),
  )
  .map(([start, parts]) => start + parts.join('/'));

test('a link leads where it does part by part, and never above the root', () => {
  fc.assert(
    fc.property(path, linkname, (from, to) => {
      expect(linkTarget(from, to)).toBe(walk(from, to));
    }),
    { numRuns: 2000 },
  );
});
