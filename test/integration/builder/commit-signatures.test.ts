import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTree } from '../../../adapters/git/export-tree.ts';
import { fetchCommit } from '../../../adapters/git/fetch-commit.ts';
import { defaultGitLimits, type GitOptions } from '../../../adapters/git/git.ts';
import { type CommitTrust, verifyCommit } from '../../../adapters/git/verify-commit.ts';
import { createSignedRepository, type SignedRepository, toolPath } from './signed-repository.ts';

let repository: SignedRepository;
let place: string;
const options: GitOptions = { path: toolPath, limits: defaultGitLimits, signal: new AbortController().signal };

beforeAll(async () => {
  repository = await createSignedRepository();
  place = await mkdtemp(path.join(tmpdir(), 'pratique-git-'));
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

const fetched = async (commit: string, more: Partial<GitOptions> = {}) => {
  const source = { repository: repository.folder, commit };
  const folder = await fetchCommit(source, await mkdtemp(path.join(place, 'fetch-')), {
    ...options,
    ...more,
    localRepositories: [repository.folder],
  });
  return { source, folder };
};
async function verify(commit: string, trust: CommitTrust) {
  const { source, folder } = await fetched(commit);
  return verifyCommit(folder, source, trust, options);
}
const ssh = () => ({ allowedSigners: repository.allowedSigners });

test('an allowed SSH key gives its principal, whatever the author header says', async () => {
  expect(await verify(await repository.commit({ a: '1' }), ssh())).toMatchObject({
    signedBy: 'dev@example.com',
    signatureKind: 'ssh',
    committerEmail: 'anybody@example.com',
  });
});

test('a key with several principals is the first of them', async () => {
  const allowedSigners = repository.allowedSigners.replace('dev@example.com', 'dev@example.com,dev@home.example');
  expect(await verify(await repository.commit({ a: '9' }), { allowedSigners })).toMatchObject({
    signedBy: 'dev@example.com',
  });
});

test('unsigned, and signed by somebody else', async () => {
  const unsigned = await repository.commit({ a: '2' }, 'nobody');
  await expect(verify(unsigned, ssh())).rejects.toMatchObject({ code: 'COMMIT_UNSIGNED' });
  const stranger = await repository.commit({ a: '3' }, 'stranger');
  await expect(verify(stranger, ssh())).rejects.toMatchObject({ code: 'COMMIT_SIGNATURE_UNTRUSTED' });
});

test('why a signature is refused names no file of ours, and no mistake that is in none', async () => {
  const stranger = await repository.commit({ a: '31' }, 'stranger');
  const lines = `\n# who may\n \n${repository.allowedSigners}\n`;
  for (const allowedSigners of [repository.allowedSigners, lines, ''])
    await expect(verify(stranger, { allowedSigners })).rejects.toThrow(
      /is not by a key that is trusted here: Good "git" signature with ED25519 key SHA256:\S+; No principal matched\.$/,
    );
  const allowed = await repository.commit({ a: '32' });
  expect(await verify(allowed, { allowedSigners: lines })).toMatchObject({ signedBy: 'dev@example.com' });
  const forFiles = lines.replace('namespaces="git"', 'namespaces="file"');
  await expect(verify(allowed, { allowedSigners: forFiles })).rejects.toThrow(
    /: Could not verify signature\.; allowed signers, line 4: key is not permitted/,
  );
});

test.each([
  ['nobody', () => ''],
  ['for files only', () => repository.allowedSigners.replace('namespaces="git"', 'namespaces="file"')],
  ['no longer', () => repository.allowedSigners.replace('namespaces="git"', 'valid-before="20200101"')],
  ['as a pattern', () => repository.allowedSigners.replace('dev@example.com', '*@example.com')],
])('allowed signers that name the key %s', async (_, allowedSigners) => {
  const commit = await repository.commit({ a: '4' });
  await expect(verify(commit, { allowedSigners: allowedSigners() })).rejects.toMatchObject({
    code: 'COMMIT_SIGNATURE_UNTRUSTED',
  });
});

// A signature over the same bytes made for another purpose (PROTOCOL.sshsig, "namespace") is none for a commit.
test('a signature of another namespace', async () => {
  const program = path.join(place, 'sign-as-file');
  await writeFile(
    program,
    '#!/bin/sh\nfor a; do shift; [ "$a" = git ] && a=file; set -- "$@" "$a"; done\nexec ssh-keygen "$@"\n',
  );
  await chmod(program, 0o755);
  const commit = await repository.commit({ a: '5' }, 'allowed', program);
  expect(await repository.git('cat-file', 'commit', commit)).toContain('BEGIN SSH SIGNATURE');
  await expect(verify(commit, ssh())).rejects.toMatchObject({ code: 'COMMIT_SIGNATURE_UNTRUSTED' });
});

test('a signature moved to another commit', async () => {
  const signed = await repository.git('cat-file', 'commit', await repository.commit({ a: '6' }));
  const file = path.join(place, 'forged');
  await writeFile(file, `${signed.replace('anybody@example.com', 'other@example.com')}\n`);
  const forged = await repository.git('hash-object', '-t', 'commit', '-w', file);
  await repository.git('branch', 'forged', forged);
  await expect(verify(forged, ssh())).rejects.toMatchObject({ code: 'COMMIT_SIGNATURE_UNTRUSTED' });
});

test('OpenPGP: the user id of the key that was given; no key, no trust', async () => {
  const home = path.join(place, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  const env = { PATH: toolPath, GNUPGHOME: home, HOME: place };
  const gpg = async (...args: string[]) =>
    (await promisify(execFile)('gpg', ['--batch', '--quiet', ...args], { env })).stdout;
  await gpg('--passphrase', '', '--quick-generate-key', 'Gerda <gerda@example.com>', 'ed25519', 'sign', 'never');
  const commit = await repository.commit({ a: '7' }, { gpg: 'gerda@example.com', home });
  const keys = await gpg('--armor', '--export', 'gerda@example.com');
  await promisify(execFile)('gpgconf', ['--kill', 'all'], { env });
  expect(await verify(commit, { gpgKeys: [keys] })).toMatchObject({
    signedBy: 'gerda@example.com',
    signatureKind: 'gpg',
  });
  await expect(verify(commit, ssh())).rejects.toMatchObject({ code: 'COMMIT_SIGNATURE_UNTRUSTED' });
  await expect(verify(commit, { gpgKeys: ['no armor'] })).rejects.toThrow(/check their armor/);
});

test('what is not there: the repository, the commit, a commit by that id', async () => {
  const missing = '4b825dc642cb6eb9a060e54bf8d69288fbee4900';
  await expect(fetched(missing)).rejects.toMatchObject({ code: 'COMMIT_MISSING' });
  const tree = await repository.git('rev-parse', `${await repository.commit({ a: '8' })}^{tree}`);
  await expect(fetched(tree)).rejects.toMatchObject({
    code: expect.stringMatching(/COMMIT_MISSING|SOURCE_UNREACHABLE/),
  });
  const nowhere = path.join(place, 'nowhere');
  const gone = fetchCommit({ repository: nowhere, commit: missing }, path.join(place, 'gone'), {
    ...options,
    localRepositories: [nowhere],
  });
  await expect(gone).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
});

test('a pack, a tree and a wait over their limits', async () => {
  const commit = await repository.commit({ big: randomBytes(300_000).toString('hex') });
  await expect(fetched(commit, { limits: { ...defaultGitLimits, maxPackBytes: 100_000 } })).rejects.toMatchObject({
    code: 'SOURCE_UNREACHABLE',
  });
  await expect(fetched(commit, { limits: { ...defaultGitLimits, timeoutMs: 1 } })).rejects.toThrow(
    /took longer|git init failed/,
  );
  const { source, folder } = await fetched(commit);
  const out = path.join(place, 'out');
  for (const limits of [
    { ...defaultGitLimits, maxFiles: 1 },
    { ...defaultGitLimits, maxTreeBytes: 1000 },
  ])
    await expect(exportTree(folder, source, out, { ...options, limits })).rejects.toThrow(/over the limit/);
});

test('hooks, attributes and the configuration of the repository that is fetched run nothing', async () => {
  const mark = path.join(place, 'mark');
  const evil = `touch ${mark}`;
  await repository.git('config', 'uploadpack.packObjectsHook', evil);
  await repository.git('config', 'core.fsmonitor', evil);
  await repository.git('config', 'filter.evil.smudge', evil);
  const commit = await repository.commit({
    '.gitattributes': '* filter=evil\nsecret.txt export-ignore\n',
    'secret.txt': 'x',
  });
  await rm(mark, { force: true });
  const { source, folder } = await fetched(commit);
  const out = path.join(place, 'tree');
  await exportTree(folder, source, out, options);
  expect(await readdir(out)).toContain('secret.txt');
  expect(await readdir(out)).not.toContain('.git');
  expect(await readdir(place)).not.toContain('mark');
});
