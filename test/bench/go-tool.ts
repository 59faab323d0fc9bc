import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/**
 * A program to compare with, built by Go once and kept outside of the clone; `PRATIQUE_BENCH_TOOLS` names a folder that
 * has it already. Throws where there is no Go.
 */
export function goTool(name: string, module: string, version: string): string {
  const given = process.env.PRATIQUE_BENCH_TOOLS;
  if (given !== undefined && existsSync(path.join(given, name))) return path.join(given, name);
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const folder = path.join(cache, 'pratique', 'bench', `${name}-${version}`);
  const program = path.join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`building ${name} ${version} with Go, once\n`);
  execFileSync('go', ['install', `${module}@${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return program;
}
