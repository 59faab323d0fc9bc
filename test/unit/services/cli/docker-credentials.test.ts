import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readDockerCredentials } from '../../../../services/cli/docker-credentials.ts';
import type { CliIo } from '../../../../services/cli/io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pratique-docker-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What `readDockerCredentials` touches of a CliIo. */
const io = () => ({ env: { DOCKER_CONFIG: folder } }) as unknown as CliIo;
const write = (text: string) => writeFileSync(path.join(folder, 'config.json'), text);
const auth = Buffer.from('ada:pass:word').toString('base64');

it.each([
  ['the host', { auths: { 'localhost:5000': { auth } } }, { username: 'ada', password: 'pass:word' }],
  ['another port of the host', { auths: { 'localhost:5001': { auth } } }, undefined],
  ['an entry that a helper fills', { auths: { 'localhost:5000': {} }, credsStore: 'desktop' }, undefined],
  ['no entries', {}, undefined],
])('%s', (_name, config, expected) => {
  write(JSON.stringify(config));
  expect(readDockerCredentials('localhost:5000', io())).toEqual(expected);
});

it('no file: no credentials', () => {
  expect(readDockerCredentials('localhost:5000', io())).toBeUndefined();
});

it('a broken file is named, and nothing of it is quoted', () => {
  write(`{"auths": {"localhost:5000": {"auth": "${auth}"}`);
  expect(() => readDockerCredentials('localhost:5000', io())).toThrow(/config\.json is not/);
  expect(() => readDockerCredentials('localhost:5000', io())).not.toThrow(new RegExp(auth));
});
