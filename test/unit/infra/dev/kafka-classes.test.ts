import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archivedClasses } from '../../../../infra/dev/parts/kafka-classes.ts';

const java = 'openjdk version "17.0.16"\nOpenJDK 64-Bit Server VM (build 17.0.16+8-Debian, mixed mode, sharing)';
let dir: string;
let libs: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-kafka-classes-'));
  libs = join(dir, 'libs');
  await mkdir(libs);
  await writeFile(join(libs, 'kafka.jar'), 'one');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const flagsOf = (version = java) => archivedClasses(dir, { java: version, libs });
async function archiveOf(version = java): Promise<string> {
  const flag = (await flagsOf(version)).broker.find((given) => given.startsWith('-XX:ArchiveClassesAtExit='));
  expect(flag).toBeDefined();
  return (flag as string).slice('-XX:ArchiveClassesAtExit='.length);
}

test('the broker writes an archive where there is none, and every program reads it from then on', async () => {
  const archive = await archiveOf();
  expect((await flagsOf()).all).toEqual([]);
  await writeFile(archive, Buffer.from('a8ab0bf06754b59b', 'hex'));
  const flags = await flagsOf();
  expect(flags.all).toContain(`-XX:SharedArchiveFile=${archive}`);
  expect(flags.broker).toEqual([]);
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['without a header, which is written last', Buffer.alloc(4096)],
])('one that was cut short (%s) is written anew', async (_, bytes) => {
  const archive = await archiveOf();
  await writeFile(archive, bytes);
  expect(await archiveOf()).toBe(archive);
});

test('another JVM, and other jars, have another archive', async () => {
  const archive = await archiveOf();
  expect(await archiveOf(java.replace('17.0.16', '21.0.1'))).not.toBe(archive);
  await writeFile(join(libs, 'kafka.jar'), 'longer');
  expect(await archiveOf()).not.toBe(archive);
});

test('a JVM that is not known to have such archives is given no flags of them', async () => {
  expect(await flagsOf('openjdk version "17.0.16"\nEclipse OpenJ9 VM (build openj9-0.53.0)')).toEqual({
    all: [],
    broker: [],
  });
});

test('a cache that cannot be written is no reason not to start', async () => {
  const cacheDir = join(libs, 'kafka.jar');
  expect(await archivedClasses(cacheDir, { java, libs })).toEqual({ all: [], broker: [] });
});

test('of those that are there the newest stay', async () => {
  const folder = join(dir, 'kafka-classes');
  await mkdir(folder);
  for (const age of [1, 2, 3, 4]) {
    await writeFile(join(folder, `${age}.jsa`), 'x');
    await utimes(join(folder, `${age}.jsa`), 1000 - age, 1000 - age);
  }
  await flagsOf();
  expect((await readdir(folder)).sort()).toEqual(['1.jsa', '2.jsa']);
});
