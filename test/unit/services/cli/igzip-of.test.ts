import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { igzipOf } from '../../../../services/cli/igzip-of.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pratique-igzip-of-'));
const found = path.join(folder, 'igzip');
writeFileSync(found, '', { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['on PATH, with processors for it', { PATH: folder }, 4, found],
  ['on PATH, with two processors', { PATH: folder }, 2, undefined],
  ['named, with two processors', { PATH: folder, PRATIQUE_IGZIP: '/opt/igzip' }, 2, '/opt/igzip'],
  ['taken away', { PATH: folder, PRATIQUE_IGZIP: '' }, 4, undefined],
  ['nowhere', { PATH: '' }, 4, undefined],
])('igzip %s', (_name, env, processors, expected) => {
  expect(igzipOf({ env }, processors)).toBe(expected);
});
