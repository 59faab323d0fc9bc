/** Both of Temporal's clients, the JavaScript one and the workers' native one, through TLS with certificates and an API key. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { parseEnvironment } from '../../../adapters/environment/parse-environment.ts';
import { connectTemporal, isTemporalHealthy } from '../../../adapters/temporal/connect.ts';
import { connectWorker } from '../../../adapters/temporal/connect-worker.ts';
import { readTemporal, temporalVariables } from '../../../adapters/temporal/temporal-variables.ts';
import { createTestAuthority, writeFiles } from '../../certificates.ts';
import { infra } from '../../infra.ts';
import { comes } from '../../patience.ts';
import { startTlsProxy, type TlsProxy } from './tls-proxy.ts';

const authority = createTestAuthority('cluster authority');
const apiKey = randomBytes(16).toString('hex');
const folder = mkdtempSync(join(tmpdir(), 'pratique-temporal-tls-'));
const client = authority.issue('pratique');
const files = writeFiles(folder, {
  ca: authority.ca,
  otherCa: createTestAuthority('another authority').ca,
  cert: client.cert,
  key: client.key,
  apiKey,
  wrong: 'not the key',
});
let proxy: TlsProxy;
beforeAll(async () => {
  proxy = await startTlsProxy({
    target: infra().temporalAddress,
    // Reached at an address, known by a name.
    own: authority.issue('the cluster', ['temporal.internal']),
    clientCa: authority.ca,
    apiKey,
  });
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** As a service is told; an empty variable is an unset one. */
const settings = (change: Readonly<Record<string, string>> = {}) =>
  readTemporal(
    parseEnvironment('test', z.object(temporalVariables), {
      TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}`,
      TEMPORAL_NAMESPACE: infra().temporalNamespace,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: files.ca,
      TEMPORAL_TLS_CLIENT_CERT_PATH: files.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: files.key,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
      TEMPORAL_API_KEY_FILE: files.apiKey,
      ...change,
    }),
  );

async function isHealthy(change: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const temporal = connectTemporal(settings(change));
  try {
    return await isTemporalHealthy(temporal.client);
  } finally {
    await temporal.close();
  }
}

it('the client asks and is answered', async () => {
  expect(await isHealthy()).toBe(true);
  expect(proxy.passed).toContain('/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo');
});

it('a worker polls', async () => {
  const connection = await connectWorker(settings());
  const worker = await Worker.create({
    connection,
    namespace: infra().temporalNamespace,
    taskQueue: `tls-${randomBytes(4).toString('hex')}`,
    activities: { nothing: async () => undefined },
    shutdownGraceTime: 0,
  });
  const run = worker.run();
  await vi.waitFor(
    () => expect(proxy.passed).toContain('/temporal.api.workflowservice.v1.WorkflowService/PollActivityTaskQueue'),
    comes,
  );
  worker.shutdown();
  await run;
  await connection.close();
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['no certificate of ours', { TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' }],
  ['another authority', { TEMPORAL_TLS_SERVER_CA_CERT_PATH: files.otherCa }],
  ['another name', { TEMPORAL_TLS_SERVER_NAME: 'elsewhere.example' }],
  ['another API key', { TEMPORAL_API_KEY_FILE: files.wrong }],
  ['no API key', { TEMPORAL_API_KEY_FILE: '' }],
])('%s: neither gets through', async (_name, change) => {
  const before = proxy.passed.length;
  expect(await isHealthy(change)).toBe(false);
  await expect(connectWorker(settings(change))).rejects.toThrow();
  expect(proxy.passed).toHaveLength(before);
});
