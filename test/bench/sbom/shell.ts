import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Runs a command line, with `$1` and on for what must not be read as shell. Returns stdout; throws with the end of stderr. */
export function shell(
  cwd: string,
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): string {
  const { status, stdout, stderr, error } = spawnSync('sh', ['-euc', script, 'sh', ...args], {
    cwd,
    env: { ...process.env, LC_ALL: 'C', ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`${script.slice(0, 200)}: ${error?.message ?? stderr.slice(-2000)}`);
}
