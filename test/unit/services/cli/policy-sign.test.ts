import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPolicySigner } from '../../../../adapters/proof/find-policy-signer.ts';
import { ensureKey } from '../../../../adapters/sigstore/local-key-ring.ts';
import { openSshWorkshop } from '../../../fixtures/ssh-signer.ts';
import { runCommand } from './run-command.ts';

const workshop = openSshWorkshop();
const key = workshop.key('owner');
const source = path.resolve(import.meta.dirname, '../../../../infra/policies/audit.yaml');
let folder: string;
let text: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-policy-'));
  text = await readFile(source, 'utf8');
  await writeFile(path.join(folder, 'policy.yaml'), text);
});
afterAll(async () => {
  workshop.close();
  await rm(folder, { recursive: true, force: true });
});
const run = (...args: string[]) =>
  runCommand(['policy', 'sign', ...args], { cwd: folder, env: { PRATIQUE_KEY_PASSPHRASE: 'secret' } });
const signatureOf = (file = 'policy.yaml.sig') => readFile(path.join(folder, file), 'utf8');

it('signs with an SSH key, beside the file', async () => {
  expect(await run('policy.yaml', '--ssh-key', key.file)).toMatchObject({ code: 0, stdout: 'policy.yaml.sig\n' });
  const signer = { name: 'owner', sshKey: key.fingerprint };
  expect(findPolicySigner(text, await signatureOf(), [{ name: 'other', sshKey: 'SHA256:x' }, signer])).toEqual(signer);
  expect(findPolicySigner(`${text} `, await signatureOf(), [signer])).toBeUndefined();
});

it('signs with a key file, where it is told to', async () => {
  const { publicKeyPem } = await ensureKey(folder, 'platform', 'secret');
  const made = await run('policy.yaml', '--key', path.join(folder, 'platform.key'), '--output', 'x.sig');
  expect(made).toMatchObject({ code: 0, stdout: 'x.sig\n' });
  const signer = { name: 'platform', publicKey: publicKeyPem };
  expect(findPolicySigner(text, await signatureOf('x.sig'), [signer])).toEqual(signer);
});

it.each([
  ['no key', ['policy.yaml'], /one key/],
  ['two keys', ['policy.yaml', '--ssh-key', 'a', '--key', 'b'], /one key/],
  ['no file', ['none.yaml', '--ssh-key', 'a'], /cannot read none.yaml/],
  ['a file that is no policy', ['platform.pub', '--ssh-key', 'a'], /platform.pub:1:1/],
])('%s is an error, and signs nothing', async (_, args, said) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
});
