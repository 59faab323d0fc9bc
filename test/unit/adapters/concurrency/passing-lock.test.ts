import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tryPassingLock } from '../../../../adapters/concurrency/passing-lock.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pratique-passing-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const LOCK = new URL('../../../../adapters/concurrency/passing-lock.ts', import.meta.url).href;
/** Takes the lock, says so, and holds it until it is killed. */
const HOLD = `const { tryPassingLock } = await import(${JSON.stringify(LOCK)});
const lock = tryPassingLock(process.argv[1]);
console.log(lock === undefined ? 'no' : 'held');
setInterval(() => lock, 1000);`;

test('one has it at a time, and its file goes with it', async () => {
  const file = path.join(dir, 'one');
  const first = tryPassingLock(file);
  expect(first).toBeDefined();
  expect(tryPassingLock(file)).toBeUndefined();
  // Who was refused has not freed it either.
  expect(tryPassingLock(file)).toBeUndefined();
  first?.[Symbol.dispose]();
  expect(await readdir(dir)).toEqual([]);
});

test('of a process that was killed it is free, and what it left is no lock', async () => {
  const file = path.join(dir, 'killed');
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', HOLD, file]);
  const [said] = await once(holder.stdout, 'data');
  expect(String(said)).toBe('held\n');
  expect(tryPassingLock(file)).toBeUndefined();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await readdir(dir)).toEqual(['killed']);
  const lock = tryPassingLock(file);
  expect(lock).toBeDefined();
  lock?.[Symbol.dispose]();
  expect(await readdir(dir)).toEqual([]);
});

test('many that take it and let it go are never inside together', async () => {
  const file = path.join(dir, 'many');
  let inside = 0;
  let turns = 0;
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let own = 0; own < 10; ) {
        {
          using lock = tryPassingLock(file);
          if (lock !== undefined) {
            inside += 1;
            await setImmediate();
            expect(inside).toBe(1);
            inside -= 1;
            own += 1;
            turns += 1;
          }
        }
        await setImmediate();
      }
    }),
  );
  expect(turns).toBe(60);
});

test('a link in its place is an error, and nothing is made where it leads', async () => {
  await symlink(path.join(dir, 'elsewhere'), path.join(dir, 'link'));
  expect(() => tryPassingLock(path.join(dir, 'link'))).toThrow('no file of its own');
  expect(await readdir(dir)).toEqual(['link']);
});
