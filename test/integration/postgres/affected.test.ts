import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findAffected } from '../../../adapters/postgres/find-affected.ts';
import { readAffected } from '../../../adapters/postgres/read-affected.ts';
import type { AffectedArtifact } from '../../../domain/affected/affected-report.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());
beforeEach(async () => {
  await sql`truncate stock, stock_component_before, component, layer_set, artifact_stock, artifact, artifact_edge, artifact_content,
    placement, promotion, advisory, tag, generation, live_layer, live_component, artifact_fence cascade`.execute(
    own.db,
  );
});

function component(name: string, version: string, layer = 'base', more: Partial<Component> = {}): Component {
  return {
    ...{ purl: `pkg:npm/${name}@${version}`, ecosystem: 'npm', advisoryName: name, name, version },
    ...{ advisoryVersion: version, licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${name}`, layer: digestOf(layer) }],
    ...more,
  };
}

/** An artifact of these components, pushed. */
async function hold(name: string, ...components: Component[]) {
  const key = { repository: `shop/${name}`, digest: digestOf(name) };
  await harbour.push(key, { tag: 'v1' });
  const stock = { components, unreadable: [], complete: true };
  await harbour.stocks.record(key.digest, [{ digest: key.digest, platform: 'linux/amd64', stock, failure: undefined }]);
  return key;
}
/** Live, of every repository it was pushed to but `not`. */
async function place(digest: string, environment: string, not = '') {
  await sql`insert into placement (environment, destination, digest, state)
    values (${environment}, ${`${environment}/x`}, ${digest}, 'live')`.execute(own.db);
  await claim(digest, not);
}
/** As promotions hold what is live. */
const claim = (digest: string, not = '') =>
  sql`insert into placement_claim (environment, destination, digest, claim, created)
    select p.environment, p.destination, p.digest, 'promotion/' || p.environment || '/' || a.repository || '@' || p.digest || '#1', '[]'
    from placement p join artifact a on a.digest = p.digest
    where (p.digest = ${digest} or p.digest like ${digest}) and a.repository <> ${not} on conflict do nothing`.execute(
    own.db,
  );

async function ask(questions: string | string[], options: { environment?: string; limit?: number } = {}) {
  const parsed = [questions].flat().map(parseQuestion);
  const affected = await findAffected(own.db, parsed, () => harbour.policies.current());
  const items: AffectedArtifact[] = [];
  let after: string[] | undefined;
  let artifacts: unknown;
  do {
    const { environment, limit = 50 } = options;
    const page = await readAffected(own.db, affected, { environment }, { limit, after });
    artifacts ??= page.artifacts;
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return { affected, items, artifacts, names: items.map(({ repository }) => repository.replace('shop/', '')) };
}

const advisory = (id: string, more: object) => {
  const record = {
    id,
    modified: '2026-01-01T00:00:00Z',
    aliases: [],
    upstream: [],
    severity: [],
    affected: [],
    ...more,
  };
  return sql`insert into advisory (id, modified, record, record_digest)
    values (${id}, ${record.modified}, ${JSON.stringify(record)}::jsonb, ${id})`.execute(own.db);
};
const fixedIn = (name: string, fixed: string) => ({
  package: { ecosystem: 'npm', name },
  ...{ severity: [], versions: [], ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }] },
});

describe('a component', () => {
  test('is found by version, by range and in all versions; not by the beginning of its name', async () => {
    await hold('one', component('lodash', '1.0.0'));
    await hold('two', component('lodash', '2.0.0'));
    await hold('three', component('lodash.merge', '1.0.0'), component('lodash', '1.0.0-rc.1'));
    expect((await ask('pkg:npm/lodash@1.0.0')).names).toEqual(['one']);
    expect((await ask('pkg:npm/lodash@<2.0.0')).names.toSorted()).toEqual(['one', 'three']);
    expect((await ask('pkg:npm/lodash')).names).toEqual(['three', 'two', 'one']);
    const [spelt, none] = [await ask('pkg:npm/lodash@v1'), await ask('pkg:npm/lodash@garbage')];
    expect([spelt.names, none.names, none.affected.undecided.length]).toEqual([['one'], [], 3]);
  });

  test('with qualifiers is found without', async () => {
    const zlib = { ecosystem: 'Debian' as const, purl: 'pkg:deb/debian/zlib@1.0?arch=amd64' };
    await hold('one', component('zlib', '1.0', 'base', zlib));
    expect((await ask('pkg:deb/debian/zlib@1.0')).names).toEqual(['one']);
    expect((await ask('pkg:deb/debian/zlib')).names).toEqual(['one']);
    expect((await ask('pkg:deb/debian/zlib@1')).names).toEqual([]);
  });

  test('what runs somewhere comes first; the rest by when it was taken, newest first; each once, whatever the page', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await hold(name, component('lodash', '1.0.0'), component(name, '1.0.0', name));
    await place(digestOf('b'), 'prod');
    await place(digestOf('b'), 'dev');
    const whole = await ask('pkg:npm/lodash');
    expect(whole.names).toEqual(['b', 'e', 'd', 'c', 'a']);
    expect(whole.artifacts).toEqual({ count: 5, atLeast: false });
    expect(whole.items[0]).toMatchObject({
      tags: ['v1'],
      platforms: ['linux/amd64'],
      environments: [{ environment: 'dev' }, { environment: 'prod' }],
      components: [{ purl: 'pkg:npm/lodash@1.0.0', layer: digestOf('base'), path: '/lodash', places: 1 }],
    });
    for (const limit of [1, 2, 3])
      expect((await ask('pkg:npm/lodash', { limit })).names, String(limit)).toEqual(whole.names);
    const inProd = await ask('pkg:npm/lodash', { environment: 'prod' });
    expect([inProd.names, inProd.artifacts]).toEqual([['b'], { count: 1, atLeast: false }]);
  });

  test('of two platforms is one artifact, with both', async () => {
    const index = digestOf('index');
    await harbour.push({ repository: 'shop/index', digest: index }, { children: [digestOf('amd'), digestOf('arm')] });
    const stockOf = (layer: string) => ({
      components: [component('lodash', '1.0.0', layer)],
      unreadable: [],
      complete: true,
    });
    await harbour.stocks.record(index, [
      { digest: digestOf('amd'), platform: 'linux/amd64', stock: stockOf('amd'), failure: undefined },
      { digest: digestOf('arm'), platform: 'linux/arm64', stock: stockOf('arm'), failure: undefined },
    ]);
    const { items } = await ask('pkg:npm/lodash', { limit: 1 });
    expect(items).toMatchObject([{ repository: 'shop/index', platforms: ['linux/amd64', 'linux/arm64'] }]);
  });

  test('bytes pushed to two repositories are two artifacts', async () => {
    await hold('one', component('lodash', '1.0.0'));
    await harbour.push({ repository: 'other/one', digest: digestOf('one') });
    await place(digestOf('one'), 'prod');
    expect((await ask('pkg:npm/lodash', { limit: 1 })).names).toEqual(['other/one', 'one']);
  });

  test('bytes pushed to two repositories are live for the one they were promoted from', async () => {
    await hold('one', component('lodash', '1.0.0'));
    await harbour.push({ repository: 'other/one', digest: digestOf('one') });
    await place(digestOf('one'), 'prod', 'other/one');
    const { items } = await ask('pkg:npm/lodash');
    expect(items).toMatchObject([
      { repository: 'shop/one', environments: [{ environment: 'prod' }] },
      { repository: 'other/one', environments: [] },
    ]);
    expect((await ask('pkg:npm/lodash', { environment: 'prod' })).names).toEqual(['one']);
  });

  test('more than a thousand: counted as at least, shown all, each once', async () => {
    await hold('first', component('lodash', '1.0.0'));
    await sql`insert into blob (digest, media_type, size, bytes) select 'many-' || i, 'x', 1, 'x' from generate_series(1, 1500) i`.execute(
      own.db,
    );
    await sql`insert into stock (digest, complete, component_count, layered) select 'many-' || i, true, 1, true from generate_series(1, 1500) i`.execute(
      own.db,
    );
    await sql`insert into stock_layer (layer_set, stock) select l.id, s.id from layer_set l, stock s where s.digest like 'many-%'`.execute(
      own.db,
    );
    await sql`insert into artifact (repository, digest) select 'shop/m' || i % 1400, 'many-artifact-' || i % 1400 from generate_series(1, 1500) i on conflict do nothing`.execute(
      own.db,
    );
    await sql`insert into artifact_stock (digest, platform_digest, platform, stock)
      select 'many-artifact-' || i % 1400, 'many-' || i, 'linux/' || i / 1400, 'many-' || i from generate_series(1, 1500) i`.execute(
      own.db,
    );
    await sql`insert into placement (environment, destination, digest, state) select 'prod', 'x', digest, 'live' from artifact where repository like 'shop/m%7'`.execute(
      own.db,
    );
    await claim('many-%');
    const { artifacts, names, items } = await ask('pkg:npm/lodash', { limit: 97 });
    expect(artifacts).toMatchObject({ atLeast: true });
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(names).toHaveLength(1401);
    const firstAtRest = items.findIndex(({ environments }) => environments.length === 0);
    expect(items.slice(firstAtRest).every(({ environments }) => environments.length === 0)).toBe(true);
    expect(firstAtRest).toBe(140);
  });
});

describe('an advisory', () => {
  beforeEach(async () => {
    await hold('old', component('lodash', '1.0.0'));
    await hold('new', component('lodash', '3.0.0'));
  });

  test('is found by any of its names, with what fixes it', async () => {
    await advisory('GHSA-aaaa-bbbb-cccc', { aliases: ['CVE-2026-1'], affected: [fixedIn('lodash', '2.0.0')] });
    await advisory('OTHER-2026-1', { aliases: ['CVE-2026-1'], affected: [fixedIn('lodash', '2.1.0')] });
    for (const name of ['CVE-2026-1', 'GHSA-aaaa-bbbb-cccc', 'OTHER-2026-1']) {
      const { names, affected } = await ask(name);
      expect(names, name).toEqual(['old']);
      expect(affected.advisories.map(({ id }) => id).toSorted(), name).toEqual(['GHSA-aaaa-bbbb-cccc', 'OTHER-2026-1']);
      expect([...affected.components.values()], name).toMatchObject([
        { fixedIn: expect.stringMatching(/^2\.[01]\.0$/) },
      ]);
    }
  });

  test('of a distribution is found by what it fixes, and leads no further', async () => {
    await advisory('DSA-1-1', { upstream: ['CVE-2026-1', 'CVE-2026-2'], affected: [fixedIn('lodash', '2.0.0')] });
    await advisory('CVE-2026-2', { affected: [fixedIn('lodash', '9.0.0')] });
    expect((await ask('CVE-2026-1')).names).toEqual(['old']);
  });

  test('about several vulnerabilities is found by each of them, and leads to none of the others', async () => {
    const names = ['CVE-2026-1', 'CVE-2026-2'];
    await advisory('GO-2026-5', { aliases: [...names, 'GHSA-b'], affected: [fixedIn('lodash', '2.0.0')] });
    await advisory('GHSA-b', { aliases: ['CVE-2026-2', 'GO-2026-5'], affected: [fixedIn('lodash', '9.0.0')] });
    expect((await ask('CVE-2026-1')).names).toEqual(['old']);
    expect((await ask('CVE-2026-2')).names).toEqual(['new', 'old']);
  });

  test('that was withdrawn affects nothing, and says so', async () => {
    await advisory('GHSA-wwww', { withdrawn: '2026-02-01T00:00:00Z', affected: [fixedIn('lodash', '9.0.0')] });
    const { names, affected } = await ask('GHSA-wwww');
    expect([names, affected.advisories]).toMatchObject([[], [{ withdrawn: true }]]);
  });

  test('that nobody has is an error, not "nothing is affected"', async () => {
    await expect(ask('CVE-1999-1')).rejects.toMatchObject({ code: 'AFFECTED_UNKNOWN' });
  });

  test('versions that can not be compared are named', async () => {
    await advisory('GHSA-uuuu', { affected: [fixedIn('lodash', '2.0.0')] });
    await hold('odd', component('lodash', 'latest'));
    expect((await ask('GHSA-uuuu')).affected.undecided).toMatchObject([{ purl: 'pkg:npm/lodash@latest' }]);
  });
});

test('a signer, and a digest, alone and together with a component', async () => {
  const one = await hold('one', component('a', '1.0.0'));
  await hold('two', component('b', '1.0.0'));
  await sql`insert into artifact_fact (digest, kind, value) values (${one.digest}, 'signer', 'key:abc')`.execute(
    own.db,
  );
  expect((await ask('signer:key:abc')).names).toEqual(['one']);
  expect((await ask(digestOf('two'))).names).toEqual(['two']);
  expect((await ask(['signer:key:abc', 'pkg:npm/b'])).names.toSorted()).toEqual(['one', 'two']);
});

test('what a worker of the release before wrote is found', async () => {
  const key = await hold('new', component('lodash', '1.0.0'));
  await sql`update stock set layered = false`.execute(own.db);
  await sql`insert into stock_component_before select s.digest, c.id from stock s, component c`.execute(own.db);
  await sql`truncate stock_layer`.execute(own.db);
  await sql`update component set package_key = null, advisory_version = null`.execute(own.db);
  await advisory('GHSA-bbbb', { affected: [fixedIn('lodash', '2.0.0')] });
  for (const question of ['pkg:npm/lodash', 'GHSA-bbbb'])
    expect((await ask(question)).items, question).toMatchObject([{ digest: key.digest, components: [{ path: '' }] }]);
});

describe('what fixes it', () => {
  /** Pushed so many days after the first. */
  const pushedAfter = ({ digest }: { digest: string }, days: number) =>
    sql`update artifact set first_seen = timestamptz '2026-01-01' + ${days} * interval '1 day' where digest = ${digest}`.execute(
      own.db,
    );
  /** An artifact of one repository, pushed on that day. */
  async function build(day: number, ...components: Component[]) {
    const key = { repository: 'shop/web', digest: digestOf(`web-${day}`) };
    await harbour.push(key, { tag: `v${day}` });
    const stock = { components, unreadable: [], complete: true };
    await harbour.stocks.record(key.digest, [
      { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined },
    ]);
    await pushedAfter(key, day);
    return key;
  }
  const fixes = async (question: string) =>
    Object.fromEntries((await ask(question)).items.map(({ tags, fixedBy }) => [tags[0], fixedBy]));

  test('is the newest artifact of the repository that has none of it, with where it runs', async () => {
    await build(1, component('lodash', '1.0.0', 'one'));
    await build(2, component('lodash', '2.0.0', 'two'));
    const { digest } = await build(3, component('lodash', '2.0.0', 'two'), component('other', '1.0.0', 'three'));
    await build(4, component('lodash', '1.0.0', 'one'), component('other', '1.0.1', 'four'));
    await place(digest, 'prod');
    const other = await hold('other', component('lodash', '2.0.0', 'two'));
    await pushedAfter(other, 9);
    expect(await fixes('pkg:npm/lodash@<2.0.0')).toEqual({
      v1: { digest, tags: ['v3'], since: '2026-01-04T00:00:00.000Z', environments: ['prod'] },
      // An older one is no fix.
      v4: null,
    });
  });

  test('is nothing that is quarantined, not known whole, or has a version nobody can compare', async () => {
    await build(1, component('lodash', '1.0.0', 'one'));
    const quarantined = await build(2, component('lodash', '3.0.0', 'two'));
    await sql`update artifact_fence set state = 'fenced' where digest = ${quarantined.digest}`.execute(own.db);
    const unread = await build(3, component('lodash', '3.0.0', 'three'));
    await sql`update stock set complete = false where digest in (select stock from artifact_stock where digest = ${unread.digest})`.execute(
      own.db,
    );
    await build(4, component('lodash', 'latest', 'four'));
    expect((await fixes('pkg:npm/lodash@<2.0.0')).v1).toBeNull();
  });
});

test('what runs is followed: a layer that two artifacts share stays in front until the last of them is gone', async () => {
  const lodash = component('lodash', '1.0.0');
  for (const name of ['a', 'b', 'c']) await hold(name, lodash, component(name, '1.0.0', name));
  await place(digestOf('a'), 'prod');
  await place(digestOf('b'), 'prod');
  const live = async () =>
    (
      await sql<{ layers: number; components: number }>`select (select count(*)::int from live_layer) as layers,
      (select count(*)::int from live_component) as components`.execute(own.db)
    ).rows[0];
  const leave = (name: string) =>
    sql`update placement set state = 'removed' where digest = ${digestOf(name)}`.execute(own.db);
  expect(await live()).toEqual({ layers: 4, components: 3 });
  expect((await ask('pkg:npm/lodash', { limit: 1 })).names).toEqual(['b', 'a', 'c']);
  await leave('b');
  expect(await live()).toEqual({ layers: 2, components: 2 });
  expect((await ask('pkg:npm/lodash', { limit: 1 })).names).toEqual(['a', 'c', 'b']);
  await leave('a');
  expect(await live()).toEqual({ layers: 0, components: 0 });
  // Read again while it runs: its layers come later than it does.
  await place(digestOf('c'), 'prod');
  await sql`truncate stock_layer, live_layer, live_component`.execute(own.db);
  await sql`update stock set layered = false`.execute(own.db);
  await harbour.stocks.record(digestOf('c'), [
    {
      ...{ digest: digestOf('c'), platform: 'linux/amd64', failure: undefined },
      stock: { components: [lodash, component('c', '1.0.0', 'c')], unreadable: [], complete: true },
    },
  ]);
  expect(await live()).toEqual({ layers: 2, components: 2 });
});
