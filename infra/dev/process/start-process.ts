import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import process from 'node:process';
import type { Launch } from '../part.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

// Everything else (tokens, proxies, NODE_OPTIONS of whoever typed `up`) stays out of the servers.
const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME'];

function environment(launch: Launch): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...launch.env };
}

export interface StartedProcess {
  readonly identity: ProcessIdentity;
  /** `exit code 1`, `SIGKILL`: resolves when it ends while this process, its parent, still runs. */
  readonly ended: Promise<string>;
}

/**
 * Starts a process in a session and group of its own, so that Ctrl-C in the terminal and the end of this process do
 * not reach it. The previous log is kept as `<log>.1`. Throws when the program can not be run at all.
 */
export async function startProcess(launch: Launch, logFile: string): Promise<StartedProcess> {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env: environment(launch),
      detached: true,
      stdio: ['ignore', log, log],
      ...launch.user,
    });
    // Known at once when the program runs; otherwise the reason follows as an event.
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const identity = identifyProcess(child.pid) ?? { pid: child.pid, startTime: 'ended', bootId: 'ended' };
    return { identity, ended };
  } finally {
    closeSync(log);
  }
}
