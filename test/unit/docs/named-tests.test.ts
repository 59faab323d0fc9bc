/** A rule that says which test proves it: the test is there, under that title. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { missingTests, namedTests } from './named-tests.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const page = (name: string) => readFileSync(path.join(root, 'docs', name), 'utf8');

it.each(['guarantees.md', 'threat-model.md'])('%s names tests that exist', (name) => {
  expect(namedTests(page(name)).length).toBeGreaterThan(20);
  expect(missingTests(page(name))).toEqual([]);
});

it('a title that nobody has, and a file that is not there, are missing', () => {
  const here = '`named-tests.test.ts` › %s names tests that exist';
  expect(missingTests(`| a rule | ${here} |`)).toEqual([]);
  expect(missingTests(`${here} no more; \`no-such.test.ts\``)).toEqual([
    'named-tests.test.ts › %s names tests that exist no more',
    'no-such.test.ts',
  ]);
});
