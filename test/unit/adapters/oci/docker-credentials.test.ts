import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readDockerCredentials } from '../../../../adapters/oci/docker-credentials.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pratique-docker-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (host = 'localhost:5000') =>
  readDockerCredentials(host, path.join(folder, 'config.json'), { PATH: `${folder}:/usr/bin:/bin` });
const write = (text: string) => writeFileSync(path.join(folder, 'config.json'), text);
const auth = Buffer.from('ada:pass:word').toString('base64');

it.each([
  ['the host', { auths: { 'localhost:5000': { auth } } }, { username: 'ada', password: 'pass:word' }],
  ['another port of the host', { auths: { 'localhost:5001': { auth } } }, undefined],
  [
    'the host by its address',
    { auths: { 'https://localhost:5000': { auth } } },
    { username: 'ada', password: 'pass:word' },
  ],
  // Kubernetes' dockerconfigjson may have them apart.
  [
    'user and password apart',
    { auths: { 'localhost:5000': { username: 'ada', password: 'pass:word' } } },
    { username: 'ada', password: 'pass:word' },
  ],
  [
    'user and password twice',
    { auths: { 'localhost:5000': { auth, username: 'bob', password: 'x' } } },
    { username: 'ada', password: 'pass:word' },
  ],
  [
    'no store, where a helper was switched off',
    { credsStore: '', auths: { 'localhost:5000': { auth } } },
    { username: 'ada', password: 'pass:word' },
  ],
  [
    'no helper for this host, whatever the store is',
    { credsStore: 'missing', credHelpers: { 'localhost:5000': '' }, auths: { 'localhost:5000': { auth } } },
    { username: 'ada', password: 'pass:word' },
  ],
  ['an entry that is empty', { auths: { 'localhost:5000': {} } }, undefined],
  ['no entries', {}, undefined],
])('%s', async (_name, config, expected) => {
  write(JSON.stringify(config));
  expect(await read()).toEqual(expected);
});

it('no file: no credentials', async () => {
  expect(await read()).toBeUndefined();
});

it('a broken file is named, and nothing of it is quoted', async () => {
  write(`{"auths": {"localhost:5000": {"auth": "${auth}"}`);
  await expect(read()).rejects.toThrow(/config\.json is not/);
  await expect(read()).rejects.toSatisfy((error) => !String(error).includes(auth));
});

// As `docker login` leaves Azure's registry: a user without a password.
it('an identity token is named, and not taken for an empty password', async () => {
  const user = Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64');
  write(JSON.stringify({ auths: { 'localhost:5000': { auth: user, identitytoken: 'hunter2' } } }));
  const failure = await read().catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ message: expect.stringMatching(/localhost:5000 an identity token, .* password$/) });
  expect(String(failure)).not.toContain('hunter2');
  expect(await read('localhost:5001')).toBeUndefined();
});

/** A helper that logs what it was asked, and answers as told. */
function installHelper(name: string, answer: string, status = 0): void {
  const file = path.join(folder, `docker-credential-${name}`);
  writeFileSync(
    file,
    `#!/bin/sh\n[ "$1" = get ] || exit 9\ncat >> '${folder}/asked'\nprintf '%s' '${answer}'\nexit ${status}\n`,
  );
  chmodSync(file, 0o755);
}
const found = '{"ServerURL":"x","Username":"ada","Secret":"helped"}';

it.each<[string, string, object, [string, number?], unknown]>([
  [
    "the host's helper comes before the store",
    'localhost:5000',
    { credHelpers: { 'localhost:5000': 'test' }, credsStore: 'missing' },
    [found],
    { username: 'ada', password: 'helped' },
  ],
  [
    'the store is asked for every host',
    'localhost:5000',
    { credsStore: 'test' },
    [found],
    { username: 'ada', password: 'helped' },
  ],
  [
    'Docker Hub has its old name',
    'registry-1.docker.io',
    { credsStore: 'test' },
    [found],
    { username: 'ada', password: 'helped' },
  ],
  [
    'what the store does not have may be in the file',
    'localhost:5000',
    { credsStore: 'test', auths: { 'localhost:5000': { auth } } },
    ['credentials not found in native keychain', 1],
    { username: 'ada', password: 'pass:word' },
  ],
])('%s', async (_name, host, config, [answer, status], expected) => {
  write(JSON.stringify(config));
  installHelper('test', answer, status);
  expect(await read(host)).toEqual(expected);
  const asked = readFileSync(path.join(folder, 'asked'), 'utf8');
  expect(asked).toBe(host === 'localhost:5000' ? host : 'https://index.docker.io/v1/');
});

it.each<[string, string, [string, number?]]>([
  ['is missing', 'missing', ['']],
  ['fails', 'test', ['the secret is hunter2', 3]],
  ['answers nonsense', 'test', ['hunter2']],
  ['has a token only', 'test', ['{"Username":"<token>","Secret":"hunter2"}']],
])('a helper that %s is an error that does not quote it', async (_name, helper, [answer, status]) => {
  write(JSON.stringify({ credsStore: helper }));
  installHelper('test', answer, status);
  const failure = await read().catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
  expect(String(failure)).not.toContain('hunter2');
});

it('a helper whose name is a path is not run', async () => {
  write(JSON.stringify({ credsStore: '../evil' }));
  await expect(read()).rejects.toThrow(/config\.json is not/);
});
