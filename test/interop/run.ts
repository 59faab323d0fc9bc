/**
 * `npm run interop`: what others accept of ours, and we of theirs, with the real programs. Builds cosign once (about six minutes)
 * into the cache; `PRATIQUE_COSIGN` names another one. Not part of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const COSIGN = 'v3.1.3';
const clone = path.resolve(import.meta.dirname, '../..');
const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');

function buildCosign(): string {
  const folder = path.join(cache, 'interop', `cosign-${COSIGN}`);
  const program = path.join(folder, 'cosign');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`building cosign ${COSIGN} with Go, once: about six minutes\n`);
  const built = spawnSync('go', ['install', `github.com/sigstore/cosign/v3/cmd/cosign@${COSIGN}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status === 0) return program;
  process.stderr.write(
    'cosign could not be built: install Go, or name a cosign 3 in PRATIQUE_COSIGN. Its tests are skipped.\n',
  );
  return '';
}

const tests = spawnSync(
  process.execPath,
  [
    path.join(clone, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    path.join(import.meta.dirname, 'vitest.config.ts'),
  ],
  {
    cwd: clone,
    env: { ...process.env, PRATIQUE_COSIGN: process.env.PRATIQUE_COSIGN ?? buildCosign() },
    stdio: 'inherit',
  },
);
process.exitCode = tests.status ?? 1;
