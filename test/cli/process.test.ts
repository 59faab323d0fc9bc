/** The command line as a process: how little it starts with, and how it ends. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLEAN, VULNERABLE, workplace } from './workplace.ts';

const main = fileURLToPath(new URL('../../services/cli/start.cjs', import.meta.url));

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

describe('streams that nobody reads, or that can not be written', () => {
  const digest = `sha256:${'b'.repeat(64)}`;
  const full = () => openSync('/dev/full', 'w');

  function scanOf(lock: string, stdio: StdioOptions): ChildProcess {
    const { folder, write } = workplace();
    write('package-lock.json', lock);
    return spawn(process.execPath, [main, 'scan', folder, '--fail-on', 'high'], {
      env: { PATH: process.env.PATH, PRATIQUE_CACHE_DIR: path.join(folder, 'cache') },
      stdio,
    });
  }

  it('a quarantine is asked for, and its refusal is the exit code, where nobody reads stderr', async () => {
    let asked = '';
    const server = createServer((request, response) => {
      if (request.method === 'GET') return void response.end(JSON.stringify({ artifact: { digest } }));
      request.setEncoding('utf8').on('data', (chunk: string) => {
        asked += chunk;
      });
      request.on('end', () => response.writeHead(409).end('{"error":{"code":"REFUSED","message":"no"}}'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = start(['quarantine', 'shop/web:1.0', '--reason', 'leaked'], {
      PRATIQUE_URL: url,
      PRATIQUE_TOKEN: 'prq_x',
    });
    child.stderr?.destroy();
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(JSON.parse(asked)).toMatchObject({ selector: digest });
    server.close();
  });

  it.each(['stdout', 'stderr'] as const)('a vulnerable folder is 1 where nobody reads %s', async (closed) => {
    const child = scanOf(VULNERABLE, ['ignore', 'pipe', 'pipe']);
    child[closed]?.destroy();
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('a result that can not be written is one line and 3, whatever it was', async () => {
    const child = scanOf(CLEAN, ['ignore', full(), 'pipe']);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(said).toMatch(/^pratique: stdout can not be written \(ENOSPC\)/m);
    expect(said).not.toContain('    at ');
    expect(await once(scanOf(VULNERABLE, ['ignore', full(), 'ignore']), 'exit')).toEqual([3, null]);
  });

  it('progress that can not be written changes nothing', async () => {
    expect(await once(scanOf(VULNERABLE, ['ignore', 'ignore', full()]), 'exit')).toEqual([1, null]);
    expect(await once(scanOf(CLEAN, ['ignore', 'ignore', full()]), 'exit')).toEqual([0, null]);
  });
});

it.each([
  ['', false],
  ['0', false],
  ['1', true],
])('PRATIQUE_DRY_RUN=%j of the process is the flag: %s', async (value, dryRun) => {
  let asked = '';
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => {
      asked += chunk;
    });
    request.on('end', () => response.writeHead(403).end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // One that is set to nothing is no file to read a token from either.
  const env = { PRATIQUE_URL: url, PRATIQUE_TOKEN: 'prq_x', PRATIQUE_TOKEN_FILE: '', PRATIQUE_DRY_RUN: value };
  await once(start(['quarantine', `sha256:${'b'.repeat(64)}`, '--reason', 'real'], env), 'exit');
  expect(JSON.parse(asked)).toMatchObject({ dryRun });
  server.close();
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

it('a scan of an SBOM of 200,000 components, some without a purl, stays under half a GiB of heap and tells all of them', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-large-'));
  try {
    const file = path.join(folder, 'large.cdx.json');
    const components = Array.from({ length: 200_000 }, (_, index) =>
      JSON.stringify({
        ...{ type: 'library', 'bom-ref': `c${index}`, name: `library-${index}`, version: '1.0.0' },
        ...(index % 100 === 0 ? {} : { purl: `pkg:npm/library-${index}@1.0.0` }),
      }),
    );
    writeFileSync(file, `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${components.join(',\n')}]}`);
    const args = ['--max-old-space-size=512', main, 'scan', file, '--json'];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, PRATIQUE_CACHE_DIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    // Not "exit": what it wrote may still be on its way.
    const [code] = await once(child, 'close');
    const [platform] = JSON.parse(out).platforms;
    expect([code, platform.components, platform.complete]).toEqual([0, 200_000, true]);
    // What has no purl can not be compared, and is said so.
    expect(platform.undecided.length).toBeGreaterThanOrEqual(2000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
