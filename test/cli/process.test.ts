/** The command line as a process: how fast it starts, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function timeToRun(args: readonly string[]): Promise<number> {
  const from = performance.now();
  const [code] = (await once(start(args), 'exit')) as [number];
  expect(code).toBe(0);
  return performance.now() - from;
}

it.each([['--version'], ['--help']])('%s takes less than 150 ms', async (flag) => {
  await timeToRun([flag]);
  const times: number[] = [];
  for (let run = 0; run < 20; run += 1) times.push(await timeToRun([flag]));
  // The fastest of many: the others are what else this machine does.
  expect(Math.min(...times)).toBeLessThan(150);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a question that nobody answers', async (signal) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const asked = once(silent, 'request');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const child = start(['artifact', 'list'], { PRATIQUE_URL: url, PRATIQUE_TOKEN: 'prq_x' });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await asked;
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([3, null]);
  expect(said).toContain(`interrupted by ${signal}`);
  silent.closeAllConnections();
  silent.close();
});
