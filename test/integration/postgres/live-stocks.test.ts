/** Which stocks run somewhere, whoever changes what at the same time: "are we affected?" shows those first. */
import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lockFences } from '../../../adapters/postgres/fence.ts';
import type { Schema } from '../../../adapters/postgres/schema.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
});
afterAll(() => own.drop());
beforeEach(() => {
  count += 1;
});

const component = (name: string): Component => ({
  ...{ purl: `pkg:npm/${name}@1.0.0`, ecosystem: 'npm', advisoryName: name, name, version: '1.0.0' },
  ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
  locations: [],
});

/** Artifacts of one stock are copies: other digests, the same in them. */
async function hold(label: string, inside = `inside-${count}`): Promise<{ artifact: Digest; stock: Digest }> {
  const artifact = digestOf(`${label} ${count}`);
  const stock = { components: [component(inside)], unreadable: [], complete: true };
  const platform = { digest: artifact, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(artifact, [platform]);
  return { artifact, stock: stored!.stock! };
}

const place = (trx: Transaction<Schema> | typeof own.db, environment: string, digest: Digest, state: string) =>
  sql`
    insert into placement (environment, destination, digest, state) values (${environment}, ${`${environment}/shop`}, ${digest}, ${state})
    on conflict (environment, destination, digest) do update set state = excluded.state`.execute(trx);

async function isLive(stock: Digest): Promise<boolean | undefined> {
  const { rows } = await sql<{ live: boolean }>`select live from stock where digest = ${stock}`.execute(own.db);
  return rows[0]?.live;
}

test('a stock runs as long as one place of it does', async () => {
  const { artifact, stock } = await hold('one');
  expect(await isLive(stock)).toBe(false);
  await place(own.db, 'dev', artifact, 'live');
  await place(own.db, 'prod', artifact, 'live');
  expect(await isLive(stock)).toBe(true);
  await place(own.db, 'dev', artifact, 'removed');
  expect(await isLive(stock)).toBe(true);
  await place(own.db, 'prod', artifact, 'removed');
  expect(await isLive(stock)).toBe(false);
});

test('a copy goes live while the only other place of the same stock is given up', async () => {
  const { artifact: first, stock } = await hold('first');
  const { artifact: copy } = await hold('copy');
  await place(own.db, 'dev', first, 'live');
  const going = await heldTransaction(own.db, (trx) => place(trx, 'prod', copy, 'live'));
  const leaving = place(own.db, 'dev', first, 'removed');
  await own.blocked(1);
  await going.commit();
  await leaving;
  expect(await isLive(stock)).toBe(true);
});

test('what is attested of an artifact while it goes live runs too', async () => {
  // Of which we could read nothing ourselves.
  const artifact = digestOf(`attested ${count}`);
  const going = await heldTransaction(own.db, async (trx) => {
    await lockFences(trx, [artifact]);
    await place(trx, 'prod', artifact, 'live');
  });
  const manifest = digestOf(`sbom ${count}`);
  const attesting = harbour.stocks.recordAttested(
    artifact,
    [{ platform: artifact, manifest, signer: 'ci', complete: true, components: [component(`hidden-${count}`)] }],
    [],
  );
  await own.blocked(1);
  await going.commit();
  expect(await attesting).toBe(true);
  const { rows } = await sql<{ stock: Digest }>`select stock from attested_stock where manifest = ${manifest}`.execute(
    own.db,
  );
  expect(await isLive(rows[0]!.stock)).toBe(true);
});

test('going live asks of its own stocks whether they run, not of all there are', async () => {
  const { artifact } = await hold('asking');
  // The planner takes all of them for few: those that come are not in its statistics.
  await sql`analyze stock, artifact_stock, attested_stock`.execute(own.db);
  for (let other = 0; other < 50; other += 1) await hold(`other-${other}`, `other-${count}-${other}`);
  await sql`
    create sequence asked;
    create or replace function is_stock_live(p_stock text) returns boolean language plpgsql volatile as $$
    begin
      perform nextval('asked');
      return exists (select from artifact_contents x join placement p on p.digest = x.digest
        where x.stock = p_stock and p.state = 'live');
    end $$`.execute(own.db);
  await place(own.db, 'dev', artifact, 'live');
  const { rows } = await sql<{ last_value: number }>`select last_value from asked`.execute(own.db);
  expect(rows[0]?.last_value).toBe(1);
});
