import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const place = JSON.stringify(new URL('../../bench/pipeline/end-with.ts', import.meta.url).href);

/** A process that has servers to stop, which takes a moment; `ready` once it waits. */
function start(stop: string) {
  const code = `const { endWith } = await import(${place});
    const alive = setInterval(() => undefined, 1000);
    ${stop}
    process.stderr.write('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, said: text(child.stdout), ready: once(child.stderr, 'data'), exit: once(child, 'exit') };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'on %s it ends, once what it started is stopped',
  async (signal) => {
    const { child, said, ready, exit } = start(`endWith(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.stdout.write('stopped');
    });`);
    await ready;
    child.kill(signal);
    expect(await exit).toEqual([128 + constants.signals[signal], null]);
    expect(await said).toBe('stopped');
  },
);

test('a second signal waits for nothing', async () => {
  const { child, ready, exit } = start(`endWith(() => {
      process.stdout.write('stopping');
      return new Promise(() => undefined);
    });`);
  await ready;
  const stopping = once(child.stdout, 'data');
  child.kill('SIGINT');
  await stopping;
  child.kill('SIGINT');
  expect(await exit).toEqual([null, 'SIGINT']);
});

test('forgotten, it stops nothing', async () => {
  const { child, said, ready, exit } = start(`endWith(async () => void process.stdout.write('stopped'))();`);
  await ready;
  child.kill('SIGINT');
  expect(await exit).toEqual([null, 'SIGINT']);
  expect(await said).toBe('');
});
