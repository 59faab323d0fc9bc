/** The command line in few files does what its source does, and is not used where the source is another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findCompiled } from '../../services/cli/compiled/find.cjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compile = path.join(root, 'services/cli/compiled/compile.ts');

async function run(args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, SOURCE_DATE_EPOCH: '1' };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

let folder: string;
/** The file that a command line begins with, of all that were made. */
async function entryOf(args: readonly string[]): Promise<string> {
  for (const name of [`verb-${args[0]}.json`, 'made.json']) {
    const record = await readFile(path.join(folder, name), 'utf8').catch(() => '{}');
    const { entry } = JSON.parse(record) as { entry?: string };
    if (entry !== undefined) return path.join(folder, entry);
  }
  throw new Error('nothing was made');
}
beforeAll(async () => {
  // Inside the clone, where its packages are found.
  await mkdir(path.join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(path.join(root, '.cache', 'compiled-test-'));
  await run([compile, root, folder]);
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  [['--version'], 0],
  [['--help'], 0],
  [['verify', '--help'], 0],
  [['sbom', 'infra/demo/legacy', '-o', 'cyclonedx-json'], 0],
  [['sbom', 'infra/demo/legacy', '-o', 'spdx-json'], 0],
  [['scan', 'infra/demo/legacy', '--offline'], undefined],
  [['diff', 'infra/demo/legacy', 'infra/demo/legacy'], 0],
  [['policy', 'check', 'no-such-file.yaml'], 2],
  [['verify', 'not a reference', '--key', 'nobody.pub'], 2],
  [['artifact', 'list'], undefined],
] as [string[], number | undefined][])('%j says the same', async (args, code) => {
  const fromSource = await run([path.join(root, 'services/cli/main.ts'), ...args]);
  expect(await run([await entryOf(args), ...args])).toEqual(fromSource);
  if (code !== undefined) expect(fromSource.code).toBe(code);
});

it('has verbs in files of their own, for those that are run often', async () => {
  for (const verb of ['verify', 'sbom', 'scan']) expect(path.basename(await entryOf([verb]))).toBe(`${verb}.cjs`);
  expect(path.basename(await entryOf(['artifact']))).toBe('main.mjs');
});

/** A clone with one source file, and what it takes to look at it. */
async function smallClone() {
  const clone = await mkdtemp(path.join(tmpdir(), 'pratique-compiled-'));
  const place = path.join(clone, '.cache/command-line');
  const source = path.join(clone, 'services/cli/main.ts');
  const record = path.join(place, 'made.json');
  await mkdir(place, { recursive: true });
  await mkdir(path.dirname(source), { recursive: true });
  await writeFile(path.join(clone, 'package-lock.json'), '{}');
  const readRecord = async () =>
    JSON.parse(await readFile(record, 'utf8').catch(() => '{}')) as { entry?: string; files?: [string, number][] };
  return {
    ...{ clone, place, source, readRecord },
    /** Later than the clock of files can tell from the making. */
    async write(code: string, seconds: number) {
      await writeFile(source, code);
      await utimes(source, seconds, seconds);
      await delay(150);
    },
    /** What a look that found nothing had made aside. */
    async madeAside() {
      const expected = (await stat(source)).mtimeMs;
      expect(findCompiled([], clone)).toBeUndefined();
      for (;;) {
        const { entry, files = [] } = await readRecord();
        if (files.some(([, modified]) => modified === expected)) return entry;
        await delay(50);
      }
    },
    [Symbol.asyncDispose]: () => rm(clone, { recursive: true, force: true }),
  };
}

it('is found while its files are as they were, and made anew when not', async () => {
  await using small = await smallClone();
  const { clone, place, write, madeAside } = small;
  await write('console.log(1)', 1000);
  const first = await madeAside();
  expect(findCompiled(['artifact', 'list'], clone)).toBe(path.join(place, first ?? ''));
  expect(findCompiled([], clone)).toBe(path.join(place, first ?? ''));
  await write('console.log(2)', 1001);
  const second = await madeAside();
  expect(second).not.toBe(first);
  expect(await readFile(path.join(place, second ?? ''), 'utf8')).toContain('console.log(2)');
  // What cannot be made is not tried again and again, and the source runs.
  await write('}{', 1002);
  expect(await madeAside()).toBeUndefined();
  expect(findCompiled([], clone)).toBeUndefined();
});

it('what a file holds counts, not when it was written', async () => {
  await using small = await smallClone();
  const { clone, place, source, write, madeAside, readRecord } = small;
  await write('console.log(1)', 1000);
  const first = path.join(place, (await madeAside()) ?? '');
  // A checkout back and forth, or a copy: the same with other times, which are written down.
  await write('console.log(1)', 2000);
  expect(findCompiled([], clone)).toBe(first);
  const times = async () => (await readRecord()).files?.map(([, modified]) => modified);
  expect(await times()).toContain(2_000_000);
  // As long as before, and with the time it had before.
  await write('console.log(9)', 2000);
  expect((await stat(source)).mtimeMs).toBe(2_000_000);
  expect(findCompiled([], clone)).toBeUndefined();
});

it('what makes the files is among what they are made of', async () => {
  const { files } = JSON.parse(await readFile(path.join(folder, 'verb-verify.json'), 'utf8')) as { files: [string][] };
  const names = files.map(([name]) => name);
  for (const name of ['compile.ts', 'lighten.ts', 'top-names.ts', 'find.cjs'])
    expect(names).toContain(`services/cli/compiled/${name}`);
  expect(names).toContain('package-lock.json');
});

it.runIf(process.platform === 'linux')('what is old goes, but for what somebody runs from', async () => {
  await using small = await smallClone();
  const { clone, place, write } = small;
  const [held, free] = [path.join(place, 'out-held'), path.join(place, 'out-free')];
  for (const old of [held, free]) {
    await mkdir(old);
    await utimes(old, 1000, 1000);
  }
  await using _holder = await open(held);
  await write('console.log(1)', 1000);
  await run([compile, clone, place]);
  const left = await readdir(place);
  expect(left).toContain('out-held');
  expect(left).not.toContain('out-free');
});
