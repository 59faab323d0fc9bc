/** `./pratique up|down|status` as a user runs them: another folder, a symbolic link, signals, another uid. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isSameProcessAlive } from '../../infra/dev/process/process-identity.ts';
import { stackHome } from '../../infra/dev/stack-home.ts';
import { readStackRecord, type StackRecord } from '../../infra/dev/stack-record.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');

let dir: string;
let launcher: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique cli '));
  await chmod(dir, 0o711);
  launcher = join(dir, 'a link');
  await symlink(join(root, 'pratique'), launcher);
});
afterEach(async () => {
  await run(['down']);
  await rm(dir, { recursive: true, force: true });
});

interface User {
  readonly uid: number;
  readonly gid: number;
  readonly cache: string;
}

const environment = (user?: User): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: dir,
  PRATIQUE_CACHE_DIR: user?.cache ?? cacheDir,
});

function run(args: readonly string[], user?: User): Promise<{ code: number; stdout: string; stderr: string }> {
  const ids = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  return new Promise((resolve) => {
    execFile(launcher, [...args], { cwd: dir, env: environment(user), ...ids }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const record = (): Promise<StackRecord | undefined> => readStackRecord(stackHome(join(dir, '.pratique')));

function alive(of: StackRecord): string[] {
  return of.parts.filter((part) => part.process !== null && isSameProcessAlive(part.process)).map(({ name }) => name);
}

/** `up` in the foreground, once it is ready. */
async function foreground(): Promise<{ child: ChildProcess; ready: StackRecord }> {
  const child = spawn(launcher, ['up', '--only', 'infra'], { cwd: dir, env: environment(), stdio: 'ignore' });
  await expect.poll(async () => (await record())?.ready ?? false, { timeout: 180_000, interval: 200 }).toBe(true);
  return { child, ready: (await record()) as StackRecord };
}

it('up --detach, status, down', async () => {
  expect(await run(['status'])).toMatchObject({ code: 3, stdout: '' });
  const up = await run(['up', '--detach', '--only', 'infra']);
  expect(up).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^PART +ADDRESS +VERSION +HEALTHY +PID +RESTARTS\n/),
  });
  const status = await run(['status', '--json']);
  expect(status.code).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({
    home: join(dir, '.pratique'),
    running: true,
    healthy: true,
    parts: [{ name: 'postgres' }, { name: 'kafka' }, { name: 'temporal' }, { name: 'registry' }],
  });
  expect(await run(['up', '--detach', '--only', 'infra'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('is running'),
  });
  const before = (await record()) as StackRecord;
  expect(await run(['down'])).toMatchObject({ code: 0 });
  expect(alive(before)).toEqual([]);
  expect(await run(['down'])).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing runs') });
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('up in the foreground stops everything on %s', async (signal) => {
  const { child, ready } = await foreground();
  expect(alive(ready)).toHaveLength(4);
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(alive(ready)).toEqual([]);
  expect(await record()).toBeUndefined();
});

it('up after a killed up ends what that one left behind', async () => {
  const { child, ready } = await foreground();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(alive(ready)).toHaveLength(4);
  const up = await run(['up', '--detach', '--only', 'infra']);
  expect(up).toMatchObject({ code: 0, stderr: expect.stringContaining('cleaning up after an earlier `up`') });
  expect(alive(ready)).toEqual([]);
  expect(alive((await record()) as StackRecord)).toHaveLength(4);
});

it('up that is killed while it starts leaves nothing that the next one does not end', async () => {
  const child = spawn(launcher, ['up', '--only', 'infra'], { cwd: dir, env: environment(), stdio: 'ignore' });
  await expect
    .poll(async () => (await record())?.parts.length ?? 0, { timeout: 180_000, interval: 20 })
    .toBeGreaterThan(0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const half = (await record()) as StackRecord;
  expect(await run(['down'])).toMatchObject({ code: 0 });
  expect(alive(half)).toEqual([]);
});

it.skipIf(process.getuid?.() !== 0)('runs as another user than root', async () => {
  // `nobody`: initdb wants a user that has a name. The servers were fetched by `root`, whose cache others can not read.
  const user = { uid: 65_534, gid: 65_534, cache: join(dir, 'cache') };
  await run(['up', '--detach', '--only', 'infra']);
  await run(['down']);
  await rm(join(dir, '.pratique'), { recursive: true });
  await cp(join(cacheDir, 'servers'), join(user.cache, 'servers'), { recursive: true });
  for (const entry of await readdir(dir, { recursive: true })) {
    if (entry !== 'a link') await chown(join(dir, entry), user.uid, user.gid);
  }
  await chown(dir, user.uid, user.gid);
  const up = await run(['up', '--detach', '--only', 'infra'], user);
  expect(up.stderr).toContain('preparing: Kafka topics');
  expect(up.code).toBe(0);
  const { parts } = (await record()) as StackRecord;
  for (const part of parts)
    expect(await readFile(`/proc/${part.process?.pid}/status`, 'utf8')).toMatch(/^Uid:\s65534\s65534/m);
  expect(await run(['down'], user)).toMatchObject({ code: 0 });
});

it('names the fallback when a tool is missing', async () => {
  const bin = join(dir, 'bin');
  await mkdir(bin);
  for (const tool of ['sh', 'readlink', 'dirname']) await symlink(`/bin/${tool}`, join(bin, tool));
  const result = await new Promise<{ code: number; stderr: string }>((resolve) => {
    const env = { PATH: bin, HOME: dir, PRATIQUE_CACHE_DIR: join(dir, 'empty') };
    execFile(launcher, ['up', '--detach', '--only', 'infra'], { cwd: dir, env }, (error, _, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });
  expect(result.code).toBe(3);
  expect(result.stderr).toMatch(/needs `\w+(-\w+)?`, which is not on PATH\n {2}\S/);
});
