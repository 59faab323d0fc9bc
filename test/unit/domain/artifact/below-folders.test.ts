import fc from 'fast-check';
import { expect, test } from 'vitest';
import { belowFolders } from '../../../../domain/artifact/below-folders.ts';

const path = fc.array(fc.constantFrom('a', 'b', 'a-', 'a.b', '\u{1F600}'), { minLength: 1, maxLength: 5 });

test('below a folder is what has it among the folders above, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 8 }), path, (folders, parts) => {
      const names = new Set(folders.map((folder) => folder.join('/')));
      const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
      expect(belowFolders(names)(parts.join('/'))).toBe(above.some((folder) => names.has(folder)));
    }),
  );
});

test.each([
  ['a/b', ['a'], true],
  ['a', ['a'], false],
  ['a-b/c', ['a'], false],
  ['a/b/c/d', ['a/b/c', 'a'], true],
  ['a/z', ['a/b', 'a/c'], false],
  ['a/b', [], false],
])('%s below %j: %s', (place, folders, expected) => {
  expect(belowFolders(folders)(place)).toBe(expected);
});
