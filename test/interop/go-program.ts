import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** A program built by Go once, kept outside of the clone; undefined where it cannot be built. `name` is that of the cache folder. */
export function goProgram(name: string, version: string, module: string): string | undefined {
  const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
  const folder = path.join(cache, 'interop', `${name}-${version}`);
  const program = path.join(folder, path.basename(module));
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`building ${name} ${version} with Go, once\n`);
  const built = spawnSync('go', ['install', `${module}@${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return built.status === 0 ? program : undefined;
}

/** The program in a folder beside this file, built by Go into the cache: again each time, which is quick where nothing changed. */
export function buildPeer(name: string): string | undefined {
  const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
  const program = path.join(cache, 'interop', name, name);
  mkdirSync(path.dirname(program), { recursive: true });
  const built = spawnSync('nice', ['-n', '19', 'go', 'build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, name),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return built.status === 0 ? program : undefined;
}
