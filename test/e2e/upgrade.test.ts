/** A stack of the previous release is stopped in the middle of its work, and this one started on its data: all of it goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { stackHome } from '../../infra/dev/stack-home.ts';
import { migrations } from '../../infra/migrations/list.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { enforcing } from './policies.ts';
import { checkOutPrevious, hasPreviousCommit, PREVIOUS_COMMIT, type PreviousRelease } from './previous-release.ts';
import { eventually, openPratique, type Pratique, prepareHome, smallImage } from './stack.ts';
import { COMMITTER, createTestBuilder, type TestBuilder } from './test-builder.ts';

const isThere = await hasPreviousCommit();
if (!isThere)
  process.stderr.write(`upgrade: skipped, this clone does not have ${PREVIOUS_COMMIT}: git fetch --unshallow\n`);

const REPOSITORY = 'shop/web';
const builder = createTestBuilder();
let previous: PreviousRelease;
let pratique: Pratique;
let left: Awaited<ReturnType<typeof leaveWork>>;

const idOf = (environment: string, digest: Digest) => `promotion/${environment}/${REPOSITORY}@${digest}`;
const stateOf = async (api: ApiClient, environment: string, digest: Digest): Promise<string | undefined> => {
  const { status, body } = await api.get('/api/v1/promotion', { id: idOf(environment, digest) });
  return status === 200 ? body.state : undefined;
};
const inState = (api: ApiClient, state: string, environment: string, digest: Digest) =>
  eventually(`${idOf(environment, digest)} to be ${state}`, async () =>
    (await stateOf(api, environment, digest)) === state ? true : undefined,
  );

/** With the previous release: one waits for an approval, one is being taken out, one has just been pushed. */
async function leaveWork(dir: string, by: TestBuilder) {
  const home = stackHome(join(dir, 'home'));
  const connection = await previous.up(home.dir);
  const egress = createEgress({ configuredHosts: [connection.registry], allowPublicHosts: false });
  try {
    const registry = createOciRegistry({ host: connection.registry, egress, lease: createInProcessLease() });
    const api = createApiClient(connection.gatewayUrl, (await readFile(home.adminTokenFile, 'utf8')).trim());
    // Known as a person, so that an approver can be told apart from them.
    const committer = {
      subject: COMMITTER,
      name: 'laptop',
      role: 'viewer',
      speaksFor: { repositories: [], builders: [] },
    };
    expect((await api.post('/api/v1/tokens', committer)).status).toBe(201);
    const push = async (label: string) => by.push(registry, REPOSITORY, await smallImage(label), label);
    const [waiting, bad] = [await push('waiting'), await push('bad')];
    await inState(api, 'waiting', 'prod', waiting);
    await inState(api, 'waiting', 'prod', bad);
    const underway = await push('underway');
    const opened = await api.post('/api/v1/incidents', { selector: bad, reason: 'found while upgrading' });
    expect(opened.status).toBe(201);
    const { body } = await api.get(`/api/v1/incidents/${opened.body.id}`);
    expect(body.state).toBe('open');
    return { waiting, bad, underway, incident: String(opened.body.id) };
  } finally {
    await egress.close();
    await previous.down(home.dir);
  }
}

describe.runIf(isThere)('an upgrade', () => {
  beforeAll(async () => {
    const dir = await prepareHome('pratique-upgrade-', enforcing(builder));
    previous = await checkOutPrevious(dir);
    left = await leaveWork(dir, builder);
    // The previous release has no login at the registry: who upgrades side by side gives the registry users afterwards.
    pratique = await openPratique(dir, builder, { registryUsers: false });
  });
  afterAll(() => pratique?.close());

  it('brings the database up to date', async () => {
    const rows = await pratique.query<{ name: string }>('select name from kysely_migration order by name');
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(migrations).toSorted());
  });

  it('a promotion that waited for an approval is approved, and goes live', async () => {
    const approver = await pratique.as('alex', 'approver');
    const promotion = idOf('prod', left.waiting);
    const { body: shown } = await approver.get('/api/v1/promotion', { id: promotion });
    const decision = shown.decisionDigest;
    const { status, body } = await approver.post('/api/v1/promotions/approve', { promotion, reason: 'fine', decision });
    expect(status, JSON.stringify(body)).toBe(200);
    await inState(pratique.admin, 'live', 'prod', left.waiting);
    expect(await pratique.registry.resolve(`prod/${REPOSITORY}`, 'waiting')).toMatchObject({ digest: left.waiting });
  });

  it('what was being taken out is out of every environment, and the incident can be closed', async () => {
    await eventually('the incident to be contained', async () => {
      const { body } = await pratique.admin.get(`/api/v1/incidents/${left.incident}`);
      return body.state === 'contained' ? true : undefined;
    });
    for (const environment of ['dev', 'staging', 'prod'])
      expect(await pratique.registry.resolve(`${environment}/${REPOSITORY}`, left.bad), environment).toBeUndefined();
    const responder = await pratique.as('rene', 'responder');
    const { status, body } = await responder.post(`/api/v1/incidents/${left.incident}/close`, { reason: 'gone' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(await stateOf(pratique.admin, 'prod', left.bad)).toBe('quarantined');
  });

  it('what had just been pushed is judged, and waits before prod', () =>
    inState(pratique.admin, 'waiting', 'prod', left.underway));

  it('a worker of either release does its share of one queue', async () => {
    const { stack, record, registry, query } = pratique;
    const current = record.parts.find(({ name }) => name === 'worker')?.process?.pid;
    const worker = await previous.startWorker(stack.home, record);
    try {
      const labels = ['one', 'two', 'three', 'four', 'five', 'six'];
      const digests = await Promise.all(
        labels.map(async (label) => builder.push(registry, REPOSITORY, await smallImage(label), label)),
      );
      for (const digest of digests) await inState(pratique.admin, 'live', 'staging', digest);
      const { workers, failures } = await whoDidWhat(digests);
      expect(workers).toEqual(expect.arrayContaining([current, worker.pid]));
      expect(failures).toEqual([]);
    } finally {
      await worker.stop();
    }
    const ended = await query("select 1 from promotion where state in ('failed', 'undone')");
    expect(ended).toEqual([]);
  });

  it('no workflow of the previous release met code that does not fit its history', async () => {
    const { failures } = await whoDidWhat([left.waiting, left.bad, left.underway]);
    expect(failures).toEqual([]);
  });
});

/** From the histories of everything about these digests: which processes completed tasks, and what failed. */
async function whoDidWhat(digests: readonly Digest[]): Promise<{ workers: number[]; failures: string[] }> {
  const { temporalAddress: address, temporalNamespace: namespace } = pratique.record.connection;
  const { client, close } = connectTemporal({ address, namespace });
  const workers = new Set<number>();
  const failures: string[] = [];
  try {
    for (const digest of digests)
      for await (const { workflowId, runId, status } of client.workflow.list({
        query: `PratiqueDigest = '${digest}'`,
      })) {
        if (['FAILED', 'TERMINATED', 'TIMED_OUT'].includes(status.name)) failures.push(`${workflowId}: ${status.name}`);
        for (const event of await eventsOf(client, workflowId, runId)) {
          const pid = Number.parseInt(event.workflowTaskCompletedEventAttributes?.identity ?? '', 10);
          if (!Number.isNaN(pid)) workers.add(pid);
          const failed = event.workflowTaskFailedEventAttributes?.failure?.message;
          if (failed) failures.push(`${workflowId}: ${failed}`);
        }
      }
  } finally {
    await close();
  }
  return { workers: [...workers], failures };
}

async function eventsOf(client: Client, workflowId: string, runId: string) {
  return (await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? [];
}
