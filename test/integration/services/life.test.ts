/** The life of a service's process: it says what it was not told, runs, ends what it does when told to, and is gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { openPortClaims } from '../../../infra/dev/process/port-claims.ts';
import { infra } from '../../infra.ts';

const folder = mkdtempSync(join(tmpdir(), 'pratique-life-'));
const started: ChildProcess[] = [];
const claims = openPortClaims();
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  claims[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** Starts a service with this environment alone; `said` is what it wrote so far. */
function start(service: string, env: Readonly<Record<string, string>>) {
  const entry = fileURLToPath(new URL(`../../../services/${service}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env.PATH, HOME: folder, ...env } });
  started.push(child);
  const running = { child, said: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      running.said += chunk.toString('utf8');
    });
  return running;
}

async function told(extra: Readonly<Record<string, string>>) {
  const { admin } = await claims.allocate({ admin: 0 });
  const { databaseUrl, kafkaBrokers, temporalAddress, temporalNamespace, registry } = infra();
  const env = {
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: kafkaBrokers,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: temporalNamespace,
    PRATIQUE_REGISTRY: registry,
    PRATIQUE_ADMIN_PORT: String(admin),
    ...extra,
  };
  return { env, isHealthy: async () => (await fetch(`http://127.0.0.1:${admin}/healthz`)).ok };
}

it.each([
  ['gateway', () => ({ PRATIQUE_PORT: '0', PRATIQUE_WEBHOOK_SECRET_FILE: infra().webhookSecretFile })],
  ['dispatcher', () => ({})],
  ['worker', () => ({ PRATIQUE_TASK_QUEUES: 'control,urgent,inspect' })],
])('the %s gets healthy, and ends with 0 when it is told to', async (name, extra) => {
  const { env, isHealthy } = await told(extra());
  const service = start(name, env);
  await vi.waitFor(async () => expect(await isHealthy()).toBe(true), { timeout: 90_000, interval: 200 });
  const exit = once(service.child, 'exit');
  service.child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(service.said).toContain('stopping');
});

it('a service that is not told enough names all that is missing, and ends with 2', async () => {
  const service = start('dispatcher', { PRATIQUE_REGISTRY: '127.0.0.1:1' });
  expect(await once(service.child, 'exit')).toEqual([2, null]);
  for (const name of ['DATABASE_URL', 'KAFKA_BROKERS', 'TEMPORAL_ADDRESS'])
    expect(service.said).toContain(`${name}: is not set. Set it to: `);
});
