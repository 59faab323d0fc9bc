import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { catalogerNames } from '../../../../domain/catalog/catalogers.ts';

test('docs/catalog.md has a row for every cataloger, and for no other', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../../../docs/catalog.md'), 'utf8');
  const first = text.split('\n').flatMap((line) => /^\| (`[^|]+`) \|/.exec(line)?.[1] ?? []);
  const documented = first.flatMap((cell) => cell.split(', ').map((name) => name.replaceAll('`', '')));
  expect(documented.toSorted()).toEqual([...new Set(catalogerNames())].toSorted());
});
