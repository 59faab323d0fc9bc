/** Shapes of statements that read a whole table where each row could be looked up, found in the text. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const folder = path.resolve(import.meta.dirname, '../../../../adapters/postgres');

/** No index serves it: the planner hashes the list and looks at every row. `= any(array(select …))` is looked up. */
const OR_IN_SELECT = /\bor\s+[\w."]+\s+in\s*\(\s*select\b/gi;

test('"x = a or x in (select …)" is in no statement', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((name) => {
    const code = readFileSync(path.join(folder, name), 'utf8').replace(/^\s*(?:\*|\/\/|--).*$/gm, '');
    return [...code.matchAll(OR_IN_SELECT)].map(([text]) => `${name}: ${text}`);
  });
  expect(found).toEqual([]);
});

test('is seen where it is, over lines too', () => {
  expect('where (f.digest = p.digest\n   or f.digest in (\n select child'.match(OR_IN_SELECT)).toHaveLength(1);
});
