import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A second process of the same service with the same environment (as Linux shows it), that stands at no fault point. */
export async function startBeside(pid: number): Promise<{ stop(): Promise<void> }> {
  const words = async (file: string) => (await readFile(`/proc/${pid}/${file}`, 'utf8')).split('\0').filter(Boolean);
  const [command = '', ...given] = await words('cmdline');
  const entry = given.at(-1) ?? '';
  const env = Object.fromEntries((await words('environ')).map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const child = spawn(command, [entry], { env: { ...env, PRATIQUE_ADMIN_PORT: '0' }, stdio: 'ignore' });
  // Ready when it polls: a worker that is still starting only delays what it is for.
  await delay(3000);
  if (child.exitCode !== null) throw new Error(`the second process ended with code ${child.exitCode}`);
  return {
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
