import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../../../adapters/postgres/database.ts';
import { selectDigests } from '../../../adapters/postgres/selection.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Component, Stock } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
});
afterAll(() => own.drop());
beforeEach(async () => {
  await sql`truncate stock, stock_component_before, component, layer_set, artifact_stock cascade`.execute(own.db);
});

/** `a` in the layers (and paths) given. */
function component(name: string, locations: readonly [layer: string, path: string][]): Component {
  return {
    ...{ purl: `pkg:npm/${name}@1.0.0`, ecosystem: 'npm', advisoryName: name, name, version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: locations.map(([layer, path]) => ({ path, ...(layer === '' ? {} : { layer: digestOf(layer) }) })),
  };
}
const stockOf = (...components: Component[]): Stock => ({ components, unreadable: [], complete: true });
const record = (name: string, stock: Stock) => {
  const digest = digestOf(name);
  return harbour.stocks.record(digest, [{ digest, platform: 'linux/amd64', stock, failure: undefined }]);
};
const count = async (table: 'layer_set' | 'layer_component' | 'stock_layer') => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(own.db);
  return rows[0]?.count;
};
const base = [component('libc', [['base', '/lib']]), component('zlib', [['base', '/zlib']])];

describe('the layers of a stock', () => {
  test('a layer that two artifacts share is stored once', async () => {
    await record('one', stockOf(...base, component('app-one', [['top one', '/app']])));
    await record('two', stockOf(...base, component('app-two', [['top two', '/app']])));
    expect([await count('layer_set'), await count('layer_component'), await count('stock_layer')]).toEqual([3, 4, 4]);
  });

  test('a layer of which something was taken out above is another', async () => {
    await record('one', stockOf(...base));
    await record('two', stockOf(...base.slice(1)));
    expect(await count('layer_set')).toBe(2);
  });

  test('a component of two layers is found in both, with its places counted', async () => {
    const twice = component('libc', [
      ['base', '/a'],
      ['base', '/b'],
      ['top', '/c'],
    ]);
    await record('one', stockOf(twice));
    const { rows } = await sql`select path, places from layer_component order by path`.execute(own.db);
    expect(rows).toEqual([
      { path: '/a', places: 2 },
      { path: '/c', places: 1 },
    ]);
  });

  test('what has no layer, and what has no place, is found too', async () => {
    await record('one', stockOf(component('loose', [['', '/x']]), component('listed', [])));
    for (const name of ['loose', 'listed'])
      expect(await selectDigests(own.db, { kind: 'component', value: `pkg:npm/${name}` })).toEqual([digestOf('one')]);
  });

  test('many that share their layers at once end with one of each', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `artifact ${index}`);
    await Promise.all(
      names.map((name, index) => record(name, stockOf(...base, component(`app-${index % 3}`, [[name, '/app']])))),
    );
    expect(await count('layer_set')).toBe(13);
    const found = await selectDigests(own.db, { kind: 'component', value: 'pkg:npm/zlib@1.0.0' });
    expect(found.toSorted()).toEqual(names.map(digestOf).toSorted());
  });

  test('what is known of a component is read, not locked: images of one base do not wait for one another', async () => {
    await record('one', stockOf(...base));
    await transact(own.db, async (trx) => {
      await sql`select 1 from component for no key update`.execute(trx);
      await record('two', stockOf(...base, component('app-two', [['top two', '/app']])));
    });
    expect([await count('layer_set'), await count('layer_component')]).toEqual([2, 3]);
  });
});

describe('a worker of the release before', () => {
  /** What it writes. */
  async function recordAsBefore(name: string): Promise<Digest> {
    const digest = digestOf(name);
    await sql`insert into blob (digest, media_type, size, bytes) values (${digest}, 'x', 1, 'x') on conflict do nothing`.execute(
      own.db,
    );
    await sql`insert into stock (digest, complete, component_count) values (${digest}, true, 1)`.execute(own.db);
    await sql`insert into component (purl, ecosystem, advisory_name, name, version)
      values ('pkg:npm/libc@1.0.0', 'npm', 'libc', 'libc', '1.0.0') on conflict (purl) do nothing`.execute(own.db);
    await sql`insert into stock_component (stock, component)
      select ${digest}, id from component where purl = 'pkg:npm/libc@1.0.0' on conflict do nothing`.execute(own.db);
    await sql`insert into artifact_stock (digest, platform_digest, platform, stock)
      values (${digest}, ${digest}, 'linux/amd64', ${digest})`.execute(own.db);
    return digest;
  }

  test('reads what this one wrote, as it did', async () => {
    const [stored] = await record('new', stockOf(...base));
    const { rows } = await sql`select 1 from stock_component where stock = ${stored?.stock}`.execute(own.db);
    expect(rows).toHaveLength(2);
  });

  test('what it writes is selected, together with what this one writes', async () => {
    const before = await recordAsBefore('old');
    await record('new', stockOf(...base));
    const found = await selectDigests(own.db, { kind: 'component', value: 'pkg:npm/libc@1.0.0' });
    expect(found.toSorted()).toEqual([before, digestOf('new')].toSorted());
  });

  test('what it did not know of a component is filled in', async () => {
    await recordAsBefore('old');
    await record('new', stockOf(...base));
    const { rows } = await sql`select advisory_version from component where name = 'libc'`.execute(own.db);
    expect(rows).toEqual([{ advisory_version: '1.0.0' }]);
  });
});
