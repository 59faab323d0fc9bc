import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTree } from '../../../../adapters/git/export-tree.ts';
import { createGitFolder, defaultGitLimits, type GitFolder, type GitOptions } from '../../../../adapters/git/git.ts';

/** Of the tree without files, which git knows without being given it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const NOTHING = '0'.repeat(40);

let dir: string;
let folder: GitFolder;
const options = (more: Partial<GitOptions> = {}): GitOptions => ({
  path: process.env.PATH ?? '',
  limits: defaultGitLimits,
  signal: new AbortController().signal,
  ...more,
});
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'pratique-test-export-'));
  folder = await createGitFolder(path.join(dir, 'git'), 'sha1', options());
});
afterAll(() => rmSync(dir, { recursive: true }));

const exportOf = (commit: string, more?: Partial<GitOptions>) =>
  exportTree(folder, { repository: 'https://git.example/shop', commit }, path.join(dir, 'tree'), options(more));

test('a listing that is broken off ends with the reason', async () => {
  const stop = new AbortController();
  const outcome = expect(exportOf(EMPTY_TREE, { signal: stop.signal })).rejects.toThrow('the worker stops');
  // git runs by now.
  stop.abort(new Error('the worker stops'));
  await outcome;
});

/** A folder with a git that does not come to an end. */
function slowGit(): string {
  const bin = mkdtempSync(path.join(dir, 'bin-'));
  writeFileSync(path.join(bin, 'git'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  return `${bin}:${process.env.PATH}`;
}

test.each<[string, string, () => Partial<GitOptions>, RegExp]>([
  [
    'that takes too long',
    EMPTY_TREE,
    () => ({ path: slowGit(), limits: { ...defaultGitLimits, timeoutMs: 10 } }),
    /listed: it took more than 10 ms/,
  ],
  ['of what is not there', NOTHING, () => ({}), /listed: .*not a tree object/],
])('a listing %s is not taken for a tree that is too large', async (_, commit, moreOf, message) => {
  const more = moreOf();
  await expect(exportOf(commit, more)).rejects.toMatchObject({
    code: 'SOURCE_UNREACHABLE',
    message: expect.stringMatching(message),
  });
});
