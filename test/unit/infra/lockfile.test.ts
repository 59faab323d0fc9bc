import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { judgeInputs } from '../../../domain/building/pinned-inputs/judge-inputs.ts';

// npm may leave out the hash of what is for other machines than the one that wrote the lockfile, and does not mend it
// (https://github.com/npm/cli/issues/4460): `npm view NAME@VERSION dist.integrity` says what belongs there.
test('everything that is installed, on whatever machine, is checked by a hash of the lockfile', async () => {
  const own = (file: string) => readFile(new URL(`../../../${file}`, import.meta.url), 'utf8').catch(() => undefined);
  expect(await judgeInputs([['npm', 'ci', '--ignore-scripts']], own)).toEqual({ byHash: true });
});
