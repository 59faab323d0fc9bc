/** Two processes that attach to one digest at once, on a registry whose list of referrers is read, changed and written. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createEgress, type Egress } from '../../../adapters/egress/egress.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { connectDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { createPostgresLease } from '../../../adapters/postgres/lease.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import type { FaultDirector } from '../../faults/fault-director.ts';
import { directHere } from '../../faults/obey.ts';
import { buildImage, buildReferrer, manifestBytes, pushImage, type TestImage } from '../../images.ts';
import { infra } from '../../infra.ts';

/** The registry may be one that other runs used. */
const prefix = `races-${randomBytes(4).toString('hex')}`;

let own: TestDatabase;
let second: Database;
let egress: Egress;
let faults: FaultDirector;
let one: Registry;
let other: Registry;

beforeAll(async () => {
  own = await createTestDatabase();
  second = connectDatabase({ url: own.url, connections: 2, applicationName: 'second' });
  const host = infra().registry;
  egress = createEgress({ configuredHosts: [host], allowPublicHosts: false });
  const open = (db: Database) => createOciRegistry({ host, egress, lease: createPostgresLease(db) });
  one = open(own.db);
  other = open(second);
});
afterAll(async () => {
  await egress.close();
  await second.destroy();
  await own.drop();
});
beforeEach(() => {
  faults = directHere();
});
afterEach(() => {
  faults.close();
  vi.useRealTimers();
});

const expire = () => sql`update lease set expires_at = now() - interval '1 second'`.execute(own.db);

async function subjectIn(repository: string): Promise<TestImage> {
  const image = await buildImage({ layers: [{ files: { app: repository } }] });
  await pushImage(one, repository, image, 'latest');
  return image;
}

async function attach(registry: Registry, repository: string, { top }: TestImage, payload: string): Promise<string> {
  const referrer = buildReferrer(top, 'application/vnd.test', payload);
  for (const [digest, bytes] of referrer.blobs)
    if (digest !== referrer.top.digest) await registry.putBlob(repository, { digest, size: bytes.length }, bytes);
  await registry.attachReferrer(repository, top.digest, manifestBytes(referrer), referrer.top.mediaType);
  return referrer.top.digest;
}
const listed = async (repository: string, { top }: TestImage) =>
  (await one.listReferrers(repository, top.digest)).map(({ digest }) => digest as string).sort();

test('the second waits until the first has written its longer list', async () => {
  const repository = `${prefix}/attach`;
  const subject = await subjectIn(repository);
  const trap = faults.stopAt('referrers.listed', { about: repository });
  const first = attach(one, repository, subject, 'first');
  const stopped = await trap.stopped;
  const taken = faults.stopAt('lease.taken', { about: repository, withinMs: 300 });
  const later = attach(other, repository, subject, 'second');
  await expect(taken.stopped).rejects.toThrow('nobody reached lease.taken');
  stopped.go();
  const both = await Promise.all([first, later]);
  expect(await listed(repository, subject)).toEqual(both.sort());
});

test('one that was paused past its lease writes nothing over what came meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const repository = `${prefix}/paused`;
  const subject = await subjectIn(repository);
  const trap = faults.stopAt('referrers.listed', { about: repository });
  const paused = attach(one, repository, subject, 'paused');
  const stopped = await trap.stopped;
  await expire();
  const overtaking = await attach(other, repository, subject, 'overtaking');
  vi.advanceTimersByTime(61_000);
  stopped.go();
  await expect(paused).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    message: expect.stringContaining('ran out before the write'),
  });
  expect(await listed(repository, subject)).toEqual([overtaking]);
  // As the activity does, which is tried again.
  const again = await attach(one, repository, subject, 'paused');
  expect(await listed(repository, subject)).toEqual([again, overtaking].sort());
});

test.each(['referrers.written', 'lease.taken', 'referrers.listed', 'lease.done'] as const)(
  'one that fails at %s is attached by trying again, once',
  async (point) => {
    const repository = `${prefix}/${point}`;
    const subject = await subjectIn(repository);
    const before = await attach(other, repository, subject, 'before');
    const trap = faults.stopAt(point, { about: repository });
    const failing = attach(one, repository, subject, 'failing');
    (await trap.stopped).fail('the process is gone');
    await expect(failing).rejects.toThrow('the process is gone');
    const again = await attach(one, repository, subject, 'failing');
    expect(await listed(repository, subject)).toEqual([before, again].sort());
  },
);
