/**
 * `npm run interop`: what others accept of ours, and we of theirs, with the real programs, written to docs/interop.md. Builds cosign
 * (about six minutes) and crane once into the cache; `PRATIQUE_COSIGN` and `PRATIQUE_CRANE` name others. Not part of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { writeMatrix } from './write-matrix.ts';

const COSIGN = 'v3.1.3';
const CRANE = 'v0.22.1';
const clone = path.resolve(import.meta.dirname, '../..');
const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');

/** A Go program of others in the cache, built where it is missing; empty where it cannot be: its tests are skipped. */
function build(name: string, version: string, source: string): string {
  const folder = path.join(cache, 'interop', `${name}-${version}`);
  const program = path.join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`building ${name} ${version} with Go, once: minutes\n`);
  const built = spawnSync('go', ['install', `${source}@${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status === 0) return program;
  const variable = `PRATIQUE_${name.toUpperCase()}`;
  process.stderr.write(`${name} could not be built: install Go, or name it in ${variable}. Its tests are skipped.\n`);
  return '';
}

const results = path.join(mkdtempSync(path.join(tmpdir(), 'pratique-interop-')), 'results.jsonl');
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
    env: {
      ...process.env,
      PRATIQUE_INTEROP_RESULTS: results,
      PRATIQUE_COSIGN:
        process.env.PRATIQUE_COSIGN ?? build('cosign', COSIGN, 'github.com/sigstore/cosign/v3/cmd/cosign'),
      PRATIQUE_CRANE:
        process.env.PRATIQUE_CRANE ?? build('crane', CRANE, 'github.com/google/go-containerregistry/cmd/crane'),
    },
    stdio: 'inherit',
  },
);
if (existsSync(results)) writeMatrix(results, path.join(clone, 'docs/interop.md'));
process.exitCode = tests.status ?? 1;
