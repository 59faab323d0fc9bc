/** What a package of the system brought, and is left to its distribution's advisories: wherever findings are looked for. */
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { createPostgresAdvisories } from '../../../adapters/postgres/advisory-database.ts';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { findAffected } from '../../../adapters/postgres/find-affected.ts';
import { readAffected } from '../../../adapters/postgres/read-affected.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { scanComponents } from '../../../domain/advisory/scan-components.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { Component, Ecosystem, Stock } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let seconds = 0;

beforeEach(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const rest = `findingIncidents: [{ on: severity, atLeast: high }]`;
  await harbour.policies.activate(policyText(1, { rest }), 'policy.yaml', 'test');
  return () => own.drop();
});

const rescan = () => createRescanBook(own.db, () => harbour.policies.current()).rescan(() => undefined);

function component(ecosystem: Ecosystem, name: string, version: string, more: Partial<Component>): Component {
  return {
    ...{ purl: `pkg:pypi/${name}@${version}`, ecosystem, advisoryName: name, name, version, advisoryVersion: version },
    ...{ licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${name}`, layer: digestOf('base') }],
    ...more,
  };
}
const DEB = 'pkg:deb/debian/python3-thing@1.26.12-1?arch=all&distro=debian-12';
const PURL = 'pkg:pypi/thing@1.26.12';
const packaged = component('Debian', 'python3-thing', '1.26.12-1', { purl: DEB, advisoryName: 'thing', release: '12' });
const debians = component('PyPI', 'thing', '1.26.12', { ownedBy: DEB });
const mine = component('PyPI', 'thing', '1.26.12', {});
const stockOf = (...components: Component[]): Stock => ({ components, unreadable: [], complete: true });

/** An artifact of these components, scanned. */
async function hold(label: string, ...components: Component[]): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}`, digest: digestOf(label) };
  await harbour.push(key, { tag: 'v1' });
  const platform = { digest: key.digest, platform: 'linux/amd64', stock: stockOf(...components), failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}
/** As workers of the release before stored it. */
async function asBefore(): Promise<void> {
  await sql`update component_finding f set component = o.id from component l join component o on o.purl = ${PURL}
    where l.left_to is not null and f.component = l.id`.execute(own.db);
  await sql`update layer_component m set component = o.id from component l, component o
    where l.left_to is not null and m.component = l.id and o.purl = ${PURL}`.execute(own.db);
  await sql`delete from live_component`.execute(own.db);
  await sql`insert into live_component (component, layer_set)
    select c.component, c.layer_set from live_layer l join layer_component c on c.layer_set = l.layer_set`.execute(
    own.db,
  );
  await sql`update layer_set set digest = 'before ' || digest`.execute(own.db);
  await sql`delete from component where left_to is not null`.execute(own.db);
  await sql`update stock set left_noted = false`.execute(own.db);
}

async function publish(id: string, ecosystem: string, more: object = {}): Promise<void> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem, name: 'thing' },
      ranges: [
        { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: ecosystem === 'PyPI' ? '2.0.0' : '1.0-1' }] },
      ],
      database_specific: { severity: 'HIGH' },
    },
  ];
  seconds += 1;
  const modified = `2026-01-01T00:00:${String(seconds).padStart(2, '0')}Z`;
  const { rejected } = await imports.stage(epoch, [{ id, modified, affected, ...more }]);
  expect(rejected).toEqual([]);
  await imports.activate(epoch, { count: 0, first: [] });
}

const stockDigest = async ({ digest }: ArtifactKey) => (await harbour.stocks.platforms(digest))[0]!.stock!;
/** What is kept of the artifact's stock, which is what a scan of its components says. */
async function found(key: ArtifactKey): Promise<{ found: string[]; left: number }> {
  const stock = await stockDigest(key);
  const kept = await harbour.stocks.newestScan(stock);
  const { components } = await harbour.stocks.stock(stock);
  const scanned = await scanComponents(components, createPostgresAdvisories(own.db));
  const { findings, undecided, left = [] } = kept!.result;
  expect(findings).toEqual(scanned.findings);
  expect(undecided).toEqual(scanned.undecided);
  expect(left).toEqual(scanned.left ?? []);
  return { found: findings.map(({ advisory }) => advisory), left: left.length };
}
const ask = async (question: string) => {
  const affected = await findAffected(own.db, [parseQuestion(question)], () => harbour.policies.current());
  const page = await readAffected(own.db, affected, { environment: undefined }, { limit: 50, after: undefined });
  const purls = new Set([...affected.components.values()].map(({ purl }) => purl));
  return { names: page.items.map(({ repository }) => repository.replace('shop/', '')).sort(), purls: [...purls] };
};
const incidents = async () => (await sql`select 1 from incident`.execute(own.db)).rows.length;
const changesOf = async (key: ArtifactKey) =>
  (await findingChanges(own.db, key)).flatMap(({ changes }) =>
    changes.map(({ change, advisory }) => `${change} ${advisory}`),
  );

describe('the distribution’s in one stock, somebody’s own in another', () => {
  test('is left in the one, whatever it shares, and found in the other; by advisory too', async () => {
    await publish('CVE-2026-1', 'PyPI');
    await publish('DSA-1-1', 'Debian:12');
    const [left, counted] = [await hold('left', packaged, debians), await hold('counted', packaged, mine)];
    expect(await found(left)).toEqual({ found: [], left: 1 });
    expect(await found(counted)).toEqual({ found: ['CVE-2026-1'], left: 0 });
    await rescan();
    expect([await found(left), await found(counted)]).toMatchObject([{ found: [] }, { found: ['CVE-2026-1'] }]);
    expect(await ask('CVE-2026-1')).toEqual({ names: ['counted'], purls: [PURL] });
    for (const purl of [PURL, 'pkg:pypi/thing'])
      expect(await ask(purl)).toEqual({ names: ['counted', 'left'], purls: [PURL] });
  });

  test('a rescan tells, and opens incidents, only where it counts', async () => {
    await publish('DSA-1-1', 'Debian:12');
    const left = await hold('left', packaged, debians);
    await harbour.liveInDev(left);
    await publish('CVE-2026-1', 'PyPI');
    await rescan();
    expect(await found(left)).toEqual({ found: [], left: 1 });
    expect([await changesOf(left), await incidents()]).toEqual([[], 0]);
    const counted = await hold('counted', packaged, mine);
    await harbour.liveInDev(counted);
    await publish('CVE-2026-2', 'PyPI');
    await rescan();
    expect(await changesOf(left)).toEqual([]);
    expect(await changesOf(counted)).toContain('appeared CVE-2026-2');
    expect(await incidents()).toBe(1);
  });

  test('a malicious package counts, wherever it is', async () => {
    await publish('DSA-1-1', 'Debian:12');
    const left = await hold('left', packaged, debians);
    await publish('MAL-2026-1', 'PyPI');
    await rescan();
    expect(await found(left)).toEqual({ found: ['MAL-2026-1'], left: 1 });
    expect((await ask('MAL-2026-1')).names).toEqual(['left']);
  });
});

describe('advisories of a distribution', () => {
  test('that come for the first time take what is left to them out, and are told; those that vanish bring it back', async () => {
    await publish('CVE-2026-1', 'PyPI');
    await publish('DSA-1-1', 'Debian:11');
    const left = await hold('left', packaged, debians);
    await harbour.liveInDev(left);
    expect(await found(left)).toEqual({ found: ['CVE-2026-1'], left: 0 });
    await publish('DSA-2-1', 'Debian:12');
    expect((await ask('CVE-2026-1')).names).toEqual([]);
    await rescan();
    expect(await found(left)).toEqual({ found: [], left: 1 });
    expect(await changesOf(left)).toEqual(['gone CVE-2026-1']);
    expect(await generationCauses(own.db, left)).toContain('advisories');
    for (const id of ['DSA-1-1', 'DSA-2-1']) await publish(id, 'npm');
    await rescan();
    expect(await found(left)).toEqual({ found: ['CVE-2026-1'], left: 0 });
    expect(await changesOf(left)).toEqual(['gone CVE-2026-1', 'appeared CVE-2026-1']);
  });
});

describe('a stock of before', () => {
  test('is read again by a rescan: what is left in it is gone, and told; nothing is unknown meanwhile', async () => {
    await publish('CVE-2026-1', 'PyPI');
    await publish('DSA-1-1', 'Debian:12');
    const counted = await hold('counted', packaged, mine);
    const left = await hold('left', packaged, debians);
    await harbour.liveInDev(left);
    await asBefore();
    const stock = await stockDigest(left);
    const seen: unknown[] = [];
    const kept = async () => (await harbour.stocks.newestScan(stock))?.result.findings.map(({ advisory }) => advisory);
    expect(await kept()).toEqual(['CVE-2026-1']);
    let looks: Promise<unknown> = Promise.resolve();
    await createRescanBook(own.db, () => harbour.policies.current()).rescan(() => {
      looks = looks.then(async () => void seen.push(await kept()));
    });
    await looks;
    expect(seen).not.toContain(undefined);
    expect([await found(left), await found(counted)]).toMatchObject([
      { found: [], left: 1 },
      { found: ['CVE-2026-1'] },
    ]);
    expect(await changesOf(left)).toEqual(['gone CVE-2026-1']);
    expect(await changesOf(counted)).toEqual([]);
    expect(await generationCauses(own.db, left)).toContain('advisories');
    const { rows } = await sql`select distinct c.left_to from live_component m join component c on c.id = m.component
      where c.purl like 'pkg:pypi/%'`.execute(own.db);
    expect(rows).toEqual([{ left_to: 'Debian:12' }]);
    expect(await sql`select 1 from stock where not left_noted`.execute(own.db)).toMatchObject({ rows: [] });
    await rescan();
    expect(await changesOf(left)).toEqual(['gone CVE-2026-1']);
  });

  test('that another attests is kept anew when it is judged again', async () => {
    await publish('CVE-2026-1', 'PyPI');
    await publish('DSA-1-1', 'Debian:12');
    const key = await hold('attested');
    const contents = [
      {
        ...{ platform: key.digest, manifest: digestOf('sbom'), signer: 'ci', complete: true },
        components: [packaged, debians].map((one) => ({ ...one, locations: [{ path: one.name }] })),
      },
    ];
    const attest = () => harbour.stocks.recordAttested(key.digest, contents, [] as Digest[]);
    await attest();
    expect((await ask('CVE-2026-1')).names).toEqual([]);
    await sql`insert into component (purl, ecosystem, advisory_name, name, version, advisory_version, package_key)
      values (${PURL}, 'PyPI', 'thing', 'thing', '1.26.12', '1.26.12', 'thing')`.execute(own.db);
    await asBefore();
    expect((await ask('CVE-2026-1')).names).toEqual(['attested']);
    expect([await attest(), await attest()]).toEqual([true, false]);
    expect((await ask('CVE-2026-1')).names).toEqual([]);
    expect((await ask(PURL)).names).toEqual(['attested']);
  });
});
