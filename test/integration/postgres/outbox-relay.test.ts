/** Outcomes leave in order per subject, also where Kafka refuses some of them for a while. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectDatabase, migrateDatabase } from '../../../adapters/postgres/database.ts';
import { createOutboxRelay } from '../../../adapters/postgres/outbox-relay.ts';
import { migrations } from '../../../infra/migrations/list.ts';
import { directHere } from '../../faults/obey.ts';
import { infra } from '../../infra.ts';

const name = `relay_${randomBytes(6).toString('hex')}`;
const url = new URL(infra().databaseUrl);
let db: ReturnType<typeof connectDatabase>;
const sql = async (connectionString: string, text: string): Promise<pg.QueryResult> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
};
beforeAll(async () => {
  await sql(infra().databaseUrl, `create database ${name}`);
  url.pathname = name;
  db = connectDatabase({ url: url.href, connections: 2, applicationName: 'test' });
  await migrateDatabase(db, migrations);
});
afterAll(async () => {
  await db.destroy();
  await sql(infra().databaseUrl, `drop database ${name} with (force)`);
});

it('sends nothing of a subject before what failed, and goes on with the others', async () => {
  const subjects = ['a/x@1', 'a/y@2', 'a/z@3'];
  for (const subject of subjects)
    await sql(
      url.href,
      `select append_outbox('${subject}', 'step/' || n, 'artifact.judged', 'system', '{}', null) from generate_series(1, 5) n`,
    );
  const sent: string[] = [];
  let isRefused = true;
  const errors: unknown[] = [];
  const relay = createOutboxRelay({
    url: url.href,
    publish: async ({ key, value }) => {
      const { sequence } = (JSON.parse(value) as { data: { customData: { sequence: number } } }).data.customData;
      // As when a broker goes away in the middle: one record is lost, those after it would get through.
      if (isRefused && key === 'a/y@2' && sequence === 2) throw new Error('the broker went away');
      sent.push(`${key} ${sequence}`);
    },
    onError: (error) => {
      errors.push(error);
      isRefused = false;
    },
  });
  relay.start();
  await expect
    .poll(async () => (await sql(url.href, 'select 1 from outbox where published_at is null')).rowCount, {
      timeout: 60_000,
    })
    .toBe(0);
  await relay.stop();
  expect(errors).toHaveLength(1);
  for (const subject of subjects)
    expect(sent.filter((line) => line.startsWith(subject))).toEqual([1, 2, 3, 4, 5].map((n) => `${subject} ${n}`));
});

it('of two relays one sends a subject, the other goes on, in order, where that one loses its session after sending', async () => {
  const faults = directHere();
  const subject = 'a/relayed@1';
  const append = (from: number, to: number) =>
    sql(
      url.href,
      `select append_outbox('${subject}', 'step/' || n, 'artifact.judged', 'system', '{}', null) from generate_series(${from}, ${to}) n`,
    );
  const sent: string[] = [];
  const start = (name: string) => {
    const relay = createOutboxRelay({
      url: url.href,
      publish: async ({ key, value }) => {
        const { data } = JSON.parse(value) as { data: { customData: { sequence: number } } };
        if (key === subject) sent.push(`${name} ${data.customData.sequence}`);
      },
      onError: () => undefined,
    });
    relay.start();
    return relay;
  };
  const trap = faults.stopAt('outbox.sent', { about: subject });
  const first = start('first');
  await expect
    .poll(() => sql(url.href, "select 1 from pg_locks where locktype = 'advisory'").then((r) => r.rowCount))
    .toBe(16);
  const second = start('second');
  await append(1, 3);
  const stopped = await trap.stopped;
  await append(4, 5);
  expect(sent).toEqual(['first 1', 'first 2', 'first 3']);
  // Its locks go with its session, as when its process dies or its network does.
  await sql(
    url.href,
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = '${name}')`,
  );
  await expect.poll(() => sent.length, { timeout: 60_000 }).toBe(8);
  stopped.go();
  await expect
    .poll(async () => (await sql(url.href, 'select 1 from outbox where published_at is null')).rowCount, {
      timeout: 60_000,
    })
    .toBe(0);
  await Promise.all([first.stop(), second.stop()]);
  faults.close();
  // Sent again rather than lost; never one before another that comes before it.
  expect(sent.slice(3)).toEqual(['second 1', 'second 2', 'second 3', 'second 4', 'second 5']);
});
