/** The command line as a process: how little it starts with, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../services/cli/start.mjs', import.meta.url));

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function timeToRun(child: ChildProcess): Promise<number> {
  const from = performance.now();
  expect(await once(child, 'exit')).toEqual([0, null]);
  return performance.now() - from;
}

it.each([['--version'], ['--help']])('%s loads no verb: a few times what an empty script takes', async (flag) => {
  const empty: number[] = [];
  const ours: number[] = [];
  await timeToRun(start([flag]));
  for (let run = 0; run < 8; run += 1) {
    empty.push(await timeToRun(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })));
    ours.push(await timeToRun(start([flag])));
  }
  // Side by side, the fastest of many: the rest is what else this machine does. One loaded verb alone triples it.
  expect(Math.min(...ours) / Math.min(...empty)).toBeLessThan(8);
});

it('ends well where whoever reads has seen enough', async () => {
  const child = start(['sbom', '--help']);
  child.stdout?.destroy();
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(said).toBe('');
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
