import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { exitNews } from '../../../../infra/dev/process/exit-news.ts';

test('how a child ended is told as soon as it is known, and not for ever waited for', async () => {
  expect(await exitNews(Promise.resolve('SIGKILL'))).toBe('SIGKILL');
  expect(await exitNews(undefined)).toBeUndefined();
  expect(await exitNews(new Promise(() => undefined))).toBeUndefined();
});

test('a process that has nothing else to do goes on after it: a supervisor ended there, and nothing was started again', async () => {
  const module = new URL('../../../../infra/dev/process/exit-news.ts', import.meta.url).href;
  const script = `const { exitNews } = await import('${module}'); await exitNews(new Promise(() => {})); console.log('went on');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).toBe('went on\n');
});
