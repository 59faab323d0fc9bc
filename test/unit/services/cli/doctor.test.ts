/** `pratique doctor`: what it tries from where it runs, and how it ends. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { DoctorAnswer } from '../../../../services/cli/api-answers.ts';
import { judgeDisk } from '../../../../services/cli/doctor/disk.ts';
import { openToOthers } from '../../../../services/cli/doctor/key-permissions.ts';
import { judgeOwnClock } from '../../../../services/cli/doctor/own-clock.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { NOW, runCommand } from './run-command.ts';

let gateway: AnsweringGateway;
let dir: string;
let registries: FakeRegistry[] = [];
beforeAll(async () => {
  gateway = await startAnsweringGateway();
  dir = await mkdtemp(path.join(tmpdir(), 'pratique-doctor-'));
});
afterEach(async () => {
  expect(gateway.breaches).toEqual([]);
  for (const registry of registries) await registry[Symbol.asyncDispose]();
  registries = [];
});
afterAll(async () => {
  await gateway.close();
  await rm(dir, { recursive: true, force: true });
});

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;
const wellServer: DoctorAnswer['checks'] = [{ name: 'topics', findings: [{ level: 'ok', says: 'pratique.events' }] }];

/** A registry that lets in who shows `authorization`, everybody without; then the doctor. */
async function examine(authorization?: string, checks = wellServer, builderLogin?: string) {
  const guard = authorization === undefined ? {} : { guard: { authorization, challenge: 'Basic realm="fake"' } };
  const registry = await startFakeRegistry(guard);
  registries.push(registry);
  const answer: DoctorAnswer = {
    at: NOW,
    checks,
    registry: registry.host,
    environments: [{ name: 'prod', probe: 'prod/pratique-doctor/probe' }],
  };
  gateway.answer({ 'GET /doctor': { body: answer } });
  const login = path.join(dir, 'login');
  await writeFile(login, `${builderLogin ?? ''}\n`);
  const flags = builderLogin === undefined ? [] : ['--builder-login', login];
  const env = { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' };
  const ran = await runCommand(['doctor', '--json', ...flags], { env, cwd: dir });
  const report = JSON.parse(ran.stdout) as { checks: DoctorAnswer['checks'] };
  const tried = report.checks.find(({ name }) => name === 'sole-writer')?.findings ?? [];
  return { code: ran.code, report, registry, tried: tried.map(({ level }) => level) };
}

describe('who may push to an environment', () => {
  it('everybody: that is wrong, and what was begun is cancelled', async () => {
    const { code, tried, registry } = await examine();
    expect(tried).toEqual(['fail', 'fail', 'warn']);
    expect(code).toBe(1);
    const calls = registry.seen.map(({ method }) => method);
    expect(calls.filter((method) => method === 'POST')).toHaveLength(2);
    expect(calls.filter((method) => method === 'DELETE')).toHaveLength(2);
  });

  it('a builder: that is wrong', async () => {
    const { code, tried } = await examine(basic('ci:secret'), wellServer, 'ci:secret');
    expect(tried).toEqual(['ok', 'ok', 'fail']);
    expect(code).toBe(1);
  });

  it('nobody of these: that is well', async () => {
    const { code, tried } = await examine(basic('pratique:secret'), wellServer, 'ci:secret');
    expect(tried).toEqual(['ok', 'ok', 'ok']);
    expect(code).toBe(0);
  });

  it('a registry that is away is unknown', async () => {
    const { code, tried } = await (async () => {
      const registry = await startFakeRegistry();
      await registry[Symbol.asyncDispose]();
      const environments = [{ name: 'prod', probe: 'prod/x/y' }];
      gateway.answer({
        'GET /doctor': { body: { at: NOW, checks: wellServer, registry: registry.host, environments } },
      });
      const env = { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' };
      const ran = await runCommand(['doctor', '--json'], { env, cwd: dir });
      const { checks } = JSON.parse(ran.stdout) as { checks: DoctorAnswer['checks'] };
      return { code: ran.code, tried: checks.find(({ name }) => name === 'sole-writer')?.findings[0]?.level };
    })();
    expect(tried).toBe('unknown');
    expect(code).toBe(3);
  });
});

test.each([
  ['fail', 1],
  ['unknown', 3],
  ['warn', 0],
] as const)('a server that finds %s ends with %d', async (level, exit) => {
  const checks = [{ name: 'topics', findings: [{ level, says: 'a topic', next: 'do something' }] }];
  expect((await examine(basic('pratique:secret'), checks, 'ci:secret')).code).toBe(exit);
});

it('for people, it says what to do next', async () => {
  await examine(basic('pratique:secret'));
  const env = { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' };
  const { stdout } = await runCommand(['doctor'], { env, cwd: dir });
  expect(stdout).toMatch(/^topics\n {2}ok {6}pratique\.events\nsole-writer\n/);
  expect(stdout).toContain('-> give one of a builder: --builder-login FILE');
  expect(stdout).toMatch(/\n4 ok, 1 to look into, 0 wrong, 0 unknown\n$/);
});

test.each([
  [0, 'ok'],
  [29, 'ok'],
  [-31, 'warn'],
  [3600, 'warn'],
])("this machine's clock, %d s off: %s", (seconds, level) => {
  const gatewayClock = new Date(NOW);
  expect(judgeOwnClock(gatewayClock, new Date(gatewayClock.getTime() + seconds * 1000)).level).toBe(level);
});

test.each([
  [50, 'ok'],
  [5, 'warn'],
  [0.5, 'fail'],
])('%d GiB free: %s', (gib, level) => {
  expect(judgeDisk('/state', gib * 1024 ** 3).level).toBe(level);
});

it('keys and folders that others may read are found, public keys are not', async () => {
  const keys = path.join(dir, 'keys');
  await mkdir(keys, { mode: 0o700 });
  for (const name of ['evidence.key', 'evidence.pub', 'open.key']) await writeFile(path.join(keys, name), '');
  await chmod(path.join(keys, 'evidence.key'), 0o600);
  await chmod(path.join(keys, 'evidence.pub'), 0o644);
  await chmod(path.join(keys, 'open.key'), 0o640);
  expect(await openToOthers(keys)).toEqual([path.join(keys, 'open.key')]);
  await chmod(keys, 0o750);
  expect(await openToOthers(keys)).toContain(keys);
});
