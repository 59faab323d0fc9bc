/** docker-compose.yml through the library that `docker compose config` is made of, for machines without Docker. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const clone = path.resolve(import.meta.dirname, '../..');
const file = path.join(clone, 'docker-compose.yml');
const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
const program = path.join(cache, 'interop', 'compose-config', 'compose-config');
const folder = temporaryFolder('pratique-compose-');

const config = (composeFile: string) => spawnSync(program, [composeFile], { cwd: clone, encoding: 'utf8' });

beforeAll(() => {
  mkdirSync(path.dirname(program), { recursive: true });
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'compose-config'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) throw new Error('compose-config could not be built: install Go');
}, 600_000);

it('docker-compose.yml is loaded and valid', () => {
  expect(config(file)).toMatchObject({ status: 0, stderr: '' });
});

it('and would not be with a key that compose does not know', () => {
  const wrong = path.join(folder, 'docker-compose.yml');
  writeFileSync(wrong, readFileSync(file, 'utf8').replace('image:', 'imagee:'));
  expect(config(wrong)).toMatchObject({ status: 1, stderr: expect.stringContaining("'imagee' not allowed") });
});
