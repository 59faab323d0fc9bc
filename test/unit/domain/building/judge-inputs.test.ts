import { expect, test } from 'vitest';
import { judgeInputs } from '../../../../domain/building/pinned-inputs/judge-inputs.ts';

const sha512 = `sha512-${'a'.repeat(86)}==`;
const lock = (packages: Record<string, object>) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } });
const pinnedNpm = lock({ 'node_modules/a': { integrity: sha512 }, 'node_modules/own': { link: true }, own: {} });
const crate = (more: string) =>
  `version = 4\n\n[[package]]\nname = "own"\nversion = "1.0.0"\n\n[[package]]\nname = "serde"\n${more}\n`;
const checksum = `source = "registry+https://crates.test"\nchecksum = "${'b'.repeat(64)}"`;
const npmCi = ['npm', 'ci', '--ignore-scripts', '--omit=dev'];
const pip = ['pip', 'install', '--require-hashes', '--only-binary=:all:', '-r', 'requirements.txt'];

const judge = (commands: string[][], files: Record<string, string>) =>
  judgeInputs(commands, async (path) => files[path]);

test.each<[string, string[][], Record<string, string>]>([
  ['nothing is fetched', [], {}],
  ['npm ci', [npmCi], { 'package-lock.json': pinnedNpm }],
  ['npm ci by a shrinkwrap', [npmCi], { 'npm-shrinkwrap.json': pinnedNpm, 'package-lock.json': 'not read' }],
  [
    'npm ci, with what comes in another package',
    [npmCi],
    {
      'package-lock.json': lock({
        'node_modules/a': { integrity: sha512, dependencies: { b: '1' } },
        'node_modules/a/node_modules/b': { inBundle: true },
      }),
    },
  ],
  ['pip', [pip], { 'requirements.txt': 'flask==3.0.0 --hash=sha256:00\n' }],
  [
    'pip in two words',
    [['pip3', 'download', '--require-hashes', '--only-binary', ':all:', '-r', 'r.txt']],
    { 'r.txt': '' },
  ],
  ['cargo', [['cargo', 'fetch', '--locked']], { 'Cargo.lock': crate(checksum) }],
  [
    'cargo from Git',
    [['cargo', 'fetch', '--locked']],
    { 'Cargo.lock': crate(`source = "git+https://git.test/s?rev=1#${'c'.repeat(40)}"`) },
  ],
  ['two of them', [npmCi, pip], { 'package-lock.json': pinnedNpm, 'requirements.txt': '' }],
])('by hash: %s', async (_, commands, files) => {
  expect(await judge(commands, files)).toEqual({ byHash: true });
});

test.each<[string, string[][], Record<string, string>, RegExp]>([
  ['a shell', [['sh', '-c', 'npm ci']], {}, /"sh -c npm ci" is not known to check hashes: npm ci, pip/],
  ['curl after npm ci', [npmCi, ['curl', '-O', 'https://x.test']], { 'package-lock.json': pinnedNpm }, /"curl/],
  ['npm install', [['npm', 'install']], { 'package-lock.json': pinnedNpm }, /not known/],
  ['no lockfile', [npmCi], {}, /not in the commit/],
  [
    'a package without a hash',
    [npmCi],
    { 'package-lock.json': lock({ 'node_modules/a': {} }) },
    /no hash of node_modules\/a/,
  ],
  [
    'a package with a broken hash',
    [npmCi],
    { 'package-lock.json': lock({ 'node_modules/a': { integrity: 'sha1-x' } }) },
    /no hash/,
  ],
  [
    'one that is said to come in another, and lies beside it',
    [npmCi],
    { 'package-lock.json': lock({ 'node_modules/b': { inBundle: true } }) },
    /no hash of node_modules\/b/,
  ],
  ['a nested one', [npmCi], { 'package-lock.json': lock({ 'own/node_modules/b': {} }) }, /no hash of own/],
  ['lockfile 1', [npmCi], { 'package-lock.json': '{"lockfileVersion":1,"dependencies":{}}' }, /version 2 or 3/],
  ['no JSON', [npmCi], { 'package-lock.json': '{' }, /version 2 or 3/],
  ['install scripts', [['npm', 'ci']], { 'package-lock.json': pinnedNpm }, /install scripts/],
  [
    'another prefix',
    [['npm', 'ci', '--ignore-scripts', '--prefix', 'x']],
    { 'package-lock.json': pinnedNpm },
    /"--prefix"/,
  ],
  ['pip without hashes', [['pip', 'install', '-r', 'r.txt']], { 'r.txt': '' }, /--require-hashes/],
  ['pip without a file', [['pip', 'install', '--require-hashes', 'flask']], {}, /not in the commit/],
  ['pip that builds', [['pip', 'install', '--require-hashes', '-r', 'r.txt']], { 'r.txt': '' }, /--only-binary/],
  [
    'pip by another file',
    [pip],
    { 'requirements.txt': 'a==1 --hash=sha256:0\n-r more.txt\n' },
    /goes on elsewhere \(-r\)/,
  ],
  ['cargo unlocked', [['cargo', 'fetch']], { 'Cargo.lock': crate(checksum) }, /--locked/],
  [
    'a crate without a checksum',
    [['cargo', 'fetch', '--locked']],
    { 'Cargo.lock': crate('source = "registry+https://x.test"') },
    /no hash of serde/,
  ],
  [
    'a branch of Git',
    [['cargo', 'fetch', '--locked']],
    { 'Cargo.lock': crate('source = "git+https://git.test/s"') },
    /no hash of serde/,
  ],
])('not by hash: %s', async (_, commands, files, why) => {
  expect(await judge(commands, files)).toEqual({ byHash: false, why: expect.stringMatching(why) as string });
});
