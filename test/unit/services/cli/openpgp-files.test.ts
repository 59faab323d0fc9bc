/** OpenPGP keys on the command line: where their passphrases come from, those that can not sign, and what verify says as JSON. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateKey } from 'openpgp';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const cwd = temporaryFolder('pratique-openpgp-');
const at = (file: string) => path.join(cwd, file);
const run = (line: string, env: Record<string, string> = {}) => runCommand(line.split(' '), { cwd, env });
/** The clock of runCommand stands in November. */
const made = new Date(Date.UTC(2026, 9, 1));
const DAY_SECONDS = 86_400;

beforeAll(async () => {
  const userIDs = [{ name: 'release' }];
  const fresh = await generateKey({ userIDs, date: made, format: 'armored', passphrase: 'secret' });
  const ended = await generateKey({ userIDs, date: made, format: 'armored', keyExpirationTime: DAY_SECONDS });
  writeFileSync(at('release.asc'), fresh.privateKey);
  writeFileSync(at('release.gpg'), fresh.publicKey);
  writeFileSync(at('ended.asc'), ended.privateKey);
  writeFileSync(at('bom.json'), '{}');
});

it.each([
  ['ours', { PRATIQUE_KEY_PASSPHRASE: 'secret', COSIGN_PASSWORD: 'other' }, 0],
  ["cosign's", { COSIGN_PASSWORD: 'secret' }, 0],
  ["cosign's, where ours is set to nothing", { PRATIQUE_KEY_PASSPHRASE: '', COSIGN_PASSWORD: 'secret' }, 0],
  ['neither', {}, 2],
])('the passphrase is %s', async (_, env, code) => {
  expect(await run('sign bom.json --key release.asc --signature bom.asc', env)).toMatchObject({ code });
});

it('a key that has ended is a mistake in the command, and says so', async () => {
  const { code, stderr } = await run('sign bom.json --key ended.asc --signature never.asc');
  expect([code, stderr]).toEqual([2, expect.stringMatching(/signs nothing now: .*expired\. gpg --list-secret-keys/)]);
  expect(() => readFileSync(at('never.asc'))).toThrow('ENOENT');
});

it('as JSON, "verified" is where the other kinds of signatures have it', async () => {
  await run('sign bom.json --key release.asc --signature bom.asc', { COSIGN_PASSWORD: 'secret' });
  const verify = (file: string) => run(`verify ${file} --keyring release.gpg --signature bom.asc -o json`);
  expect(JSON.parse((await verify('bom.json')).stdout)).toMatchObject({ verified: true, outcome: 'verified' });
  expect(JSON.parse((await verify('release.gpg')).stdout)).toMatchObject({ verified: false, outcome: 'rejected' });
});
