/** A detached stack whose services end, as a user meets it. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { isSameProcessAlive, type ProcessIdentity } from '../../infra/dev/process/process-identity.ts';
import { createStack } from '../../infra/dev/stack.ts';
import { stackHome } from '../../infra/dev/stack-home.ts';
import { readStackRecord, type StackRecord } from '../../infra/dev/stack-record.ts';
import type { PartStatus } from '../../infra/dev/stack-status.ts';

const launcher = join(fileURLToPath(new URL('../..', import.meta.url)), 'pratique');
const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
/** A start, and a few seconds of waiting before it. */
const SOON = { timeout: 180_000, interval: 250 };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique kept '));
  await chmod(dir, 0o711);
  const up = await run(['up', '--detach']);
  expect(up.code, up.stderr).toBe(0);
});
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    process.stderr.write(await readFile(home().logFile('supervisor'), 'utf8').catch(String));
  });
});
afterAll(async () => {
  await run(['down']);
  await rm(dir, { recursive: true, force: true });
});

function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: dir, PRATIQUE_CACHE_DIR: cacheDir };
  return new Promise((resolve) => {
    execFile(launcher, [...args], { cwd: dir, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const home = () => stackHome(join(dir, '.pratique'));
const record = async (): Promise<StackRecord> => (await readStackRecord(home())) as StackRecord;
async function processOf(name: string): Promise<ProcessIdentity> {
  return (await record()).parts.find((part) => part.name === name)?.process as ProcessIdentity;
}
async function statusOf(name: string): Promise<PartStatus | undefined> {
  const { stdout } = await run(['status', '--json']);
  return (JSON.parse(stdout) as { parts: PartStatus[] }).parts.find((part) => part.name === name);
}
/** What `pratique status` asks, without a process for each look: for waiting. */
async function look(name: string): Promise<PartStatus | undefined> {
  const stack = createStack({ home: home().dir, cacheDir, log: () => undefined });
  return (await stack.status())?.find((part) => part.name === name);
}
async function kill(name: string): Promise<void> {
  process.kill(-(await processOf(name)).pid, 'SIGKILL');
}

it('a service that is killed runs again, at its address; status counts it', async () => {
  const before = await statusOf('dispatcher');
  await kill('dispatcher');
  await expect
    .poll(async () => {
      const status = await look('dispatcher');
      return status?.healthy && status.restarts;
    }, SOON)
    .toBe(1);
  const once = await statusOf('dispatcher');
  expect(once).toMatchObject({ address: before?.address, lastExit: { at: expect.any(String) } });
  expect(once?.pid).not.toBe(before?.pid);
  await kill('dispatcher');
  // Started by the supervisor, which is its parent and knows.
  await expect.poll(async () => (await look('dispatcher'))?.lastExit?.how, SOON).toBe('SIGKILL');
  await expect.poll(async () => (await look('dispatcher'))?.healthy, SOON).toBe(true);
  const { code, stdout } = await run(['status']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^dispatcher +\S+ +\S+ +yes +\d+ +2$/m);
  expect(stdout).toMatch(/^dispatcher ended .*, SIGKILL; its log: .*\/dispatcher\.log\.1$/m);
});

it('one that ends quickly five times is left alone, and status says so; up tries again', async () => {
  const secret = home().webhookSecretFile;
  await rename(secret, `${secret}.away`);
  await kill('gateway');
  await expect.poll(async () => (await look('gateway'))?.reason, SOON).toContain('not started again');
  const { code, stdout } = await run(['status']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^gateway .*not started again +- +[45]$/m);
  expect(stdout).toMatch(/^gateway ended .*, exit code 2; its log: .*\/gateway\.log$/m);
  await rename(`${secret}.away`, secret);
  expect(await run(['up', '--detach'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('gateway: not healthy'),
  });
  expect(await statusOf('gateway')).toMatchObject({ healthy: true, restarts: 0, lastExit: null });
});

it('a dead server is not started again, nor what rests on it; without a supervisor, status says so', async () => {
  await kill('registry');
  await expect.poll(async () => (await look('registry'))?.lastExit?.how, SOON).toEqual(expect.any(String));
  const before = await statusOf('dispatcher');
  await kill('dispatcher');
  await expect.poll(async () => (await look('dispatcher'))?.lastExit?.at, SOON).not.toBe(before?.lastExit?.at);
  expect(await statusOf('dispatcher')).toMatchObject({ healthy: false, restarts: before?.restarts });
  const { keeper } = await record();
  process.kill(keeper!.pid, 'SIGKILL');
  await expect.poll(() => isSameProcessAlive(keeper!)).toBe(false);
  expect((await run(['status'])).stderr).toContain('the supervisor has ended');
  const up = await run(['up', '--detach']);
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^dispatcher .* yes /m) });
  expect((await run(['status'])).stderr).toBe('');
});

it('down stops it first: nothing comes back', async () => {
  const { keeper, parts } = await record();
  expect(await run(['down'])).toMatchObject({ code: 0 });
  const all = [keeper!, ...parts.flatMap(({ process: identity }) => identity ?? [])];
  expect(all.filter(isSameProcessAlive)).toEqual([]);
  expect(await readStackRecord(home())).toBeUndefined();
});
