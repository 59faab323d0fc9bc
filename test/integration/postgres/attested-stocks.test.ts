/** What another attests to be in an artifact, where the policy reads it: seen by questions, rescans and incidents. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { findAffected } from '../../../adapters/postgres/find-affected.ts';
import { readAffected } from '../../../adapters/postgres/read-affected.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { AttestedContents } from '../../../domain/policy/verdict-book.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
const signers = `signers: [{ name: ci, identity: { subject: 'https://ci.example', issuer: 'https://issuer.example' } }]`;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const rest = `findingIncidents: [{ on: malicious-package }]`;
  await harbour.policies.activate(policyText(1, { rest }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());
beforeEach(() => {
  count += 1;
});

const rescan = () => createRescanBook(own.db, () => harbour.policies.current()).rescan(() => undefined);

function component(name: string, more: Partial<Component> = {}): Component {
  return {
    ...{ purl: `pkg:npm/${name}@1.0.0`, ecosystem: 'npm', advisoryName: name, name, version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [],
    ...more,
  };
}
const hidden = () => `hidden-${count}`;

/** An artifact in whose layers we found another package than the attested one. */
async function hold(label: string): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const stock = { components: [component(`seen-${count}`)], unreadable: [], complete: true };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}
const contents = (key: ArtifactKey, more: Partial<AttestedContents> = {}): AttestedContents => ({
  ...{ platform: key.digest, manifest: digestOf(`sbom of ${key.digest}`), signer: 'ci', complete: true },
  components: [component(hidden(), { locations: [{ path: 'usr/lib/hidden' }] })],
  ...more,
});
const attest = (key: ArtifactKey, more: Partial<AttestedContents> = {}, unread: readonly Digest[] = []) =>
  harbour.stocks.recordAttested(key.digest, [contents(key, more)], unread);

async function ask(question: string) {
  const affected = await findAffected(own.db, [parseQuestion(question)], () => harbour.policies.current());
  return readAffected(own.db, affected, { environment: undefined }, { limit: 50, after: undefined });
}

async function publish(id: string): Promise<void> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem: 'npm', name: hidden() },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
    },
  ];
  await imports.stage(epoch, [{ id, modified: '2026-01-01T00:00:00Z', affected }]);
  await imports.activate(epoch, { count: 0, first: [] });
}

describe('"are we affected?" by what only an attested SBOM names', () => {
  test('is a yes, says who attests it, and puts what runs first', async () => {
    const [rests, runs] = [await hold('rests'), await hold('runs')];
    await harbour.push(rests);
    await harbour.liveInDev(runs);
    expect([await attest(runs), await attest(rests)]).toEqual([true, true]);
    const { items, artifacts } = await ask(`pkg:npm/${hidden()}`);
    expect(items.map(({ digest }) => digest)).toEqual([runs.digest, rests.digest]);
    expect(items[0]).toMatchObject({
      environments: [{ environment: 'dev' }],
      platforms: ['linux/amd64'],
      components: [{ purl: `pkg:npm/${hidden()}@1.0.0`, layer: null, path: 'usr/lib/hidden', attestedBy: 'ci' }],
    });
    expect(artifacts).toEqual({ count: 2, atLeast: false });
    // What we found ourselves is nobody's attestation.
    const seen = await ask(`pkg:npm/seen-${count}`);
    expect(seen.items[0]?.components).toMatchObject([{ attestedBy: null }]);
  });

  test('is a yes for an advisory too, before and after it begins to run', async () => {
    const key = await hold('later');
    await harbour.push(key);
    await attest(key);
    await publish(`GHSA-q-${count}`);
    expect((await ask(`GHSA-q-${count}`)).items).toMatchObject([{ digest: key.digest, environments: [] }]);
    await harbour.liveInDev(key);
    expect((await ask(`GHSA-q-${count}`)).items).toMatchObject([{ environments: [{ environment: 'dev' }] }]);
  });

  test('is a no once the attestation is none any more, and stays a yes while it can not be read', async () => {
    const key = await hold('over');
    await harbour.liveInDev(key);
    const { manifest } = contents(key);
    await attest(key);
    expect(await attest(key)).toBe(false);
    expect(await harbour.stocks.recordAttested(key.digest, [], [manifest])).toBe(false);
    expect((await ask(`pkg:npm/${hidden()}`)).items).toHaveLength(1);
    await harbour.stocks.recordAttested(key.digest, [], []);
    expect((await ask(`pkg:npm/${hidden()}`)).items).toEqual([]);
    const { rows } = await sql`select 1 from live_component m join component c on c.id = m.component
      where c.purl = ${`pkg:npm/${hidden()}@1.0.0`}`.execute(own.db);
    expect(rows).toEqual([]);
  });

  test('fixes nothing: what is pushed later and is attested to have it is not the way out', async () => {
    const repository = `shop/fix-${count}`;
    const [old, young] = [digestOf(`old ${count}`), digestOf(`young ${count}`)];
    for (const digest of [old, young]) {
      const stock = { components: [component(`seen-${count}`)], unreadable: [], complete: true };
      await harbour.push({ repository, digest });
      await harbour.stocks.record(digest, [{ digest, platform: 'linux/amd64', stock, failure: undefined }]);
    }
    await attest({ repository, digest: old });
    expect((await ask(`pkg:npm/${hidden()}`)).items[0]?.fixedBy).toMatchObject({ digest: young });
    await attest({ repository, digest: young });
    expect((await ask(`pkg:npm/${hidden()}`)).items.map(({ fixedBy }) => fixedBy)).toEqual([null, null]);
  });
});

describe('a new advisory about what only an attested SBOM names', () => {
  test('is told with who attests it, has what runs judged again, and what waits look again', async () => {
    await rescan();
    const key = await hold('told');
    const promotion = await harbour.waitingForProd(key);
    await attest(key);
    await publish(`GHSA-a-${count}`);
    expect(await rescan()).toMatchObject({ changes: 1, artifacts: 1 });
    expect(await findingChanges(own.db, key)).toMatchObject([
      { attestedBy: 'ci', environments: ['dev', 'staging'], changes: [{ advisory: `GHSA-a-${count}` }] },
    ]);
    expect(await generationCauses(own.db, key)).toEqual(['push', 'advisories']);
    // A verdict that was given before it was known lets nothing in.
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'stale' });
  });

  test('opens the incident that the policy asks for, which takes it out', async () => {
    const key = await hold('evil');
    await harbour.liveInDev(key);
    await attest(key);
    await publish(`MAL-2026-${count}`);
    expect((await rescan()).incidents).toHaveLength(1);
    expect(await fenceOf(key)).toBe('fenced');
  });
});

test('an open incident on a component takes what is attested to have it when that is read', async () => {
  const key = await hold('fenced');
  await harbour.push(key);
  await harbour.incidents.open({
    selector: { kind: 'component', value: `pkg:npm/${hidden()}` },
    reason: 'stolen',
    actor: 'test',
  });
  expect(await fenceOf(key)).toBe('clear');
  await attest(key);
  expect(await fenceOf(key)).toBe('fenced');
});

describe('what a document says', () => {
  test('of a version that we know takes nothing away from what we know of it', async () => {
    const key = await hold('known');
    await publish(`GHSA-k-${count}`);
    await attest(key, { components: [component(hidden())] });
    const other = await hold('liar');
    for (const one of [key, other]) await harbour.push(one);
    // Another name, under which no advisory is.
    await attest(other, { components: [component(hidden(), { advisoryName: 'harmless' })] });
    const { rows } = await sql`select advisory_name from component where purl = ${`pkg:npm/${hidden()}@1.0.0`}`.execute(
      own.db,
    );
    expect(rows).toEqual([{ advisory_name: hidden() }]);
    expect((await ask(`GHSA-k-${count}`)).items).toHaveLength(2);
  });

  test.each([
    ['with NUL', 'a\0b'],
    ['with half a character', 'a\ud800b'],
    ['longer than an index takes', 'x'.repeat(9000)],
  ])('%s is left out, and the rest is kept, and not called whole', async (_, name) => {
    const key = await hold('hostile');
    await harbour.push(key);
    const strange = component(name, { locations: [{ path: name }] });
    await attest(key, { components: [strange, component(hidden(), { locations: [{ path: name }] })] });
    expect((await ask(`pkg:npm/${hidden()}`)).items).toHaveLength(1);
    const { rows } = await sql`select s.complete from attested_stock a join stock s on s.digest = a.stock
      where a.digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ complete: false }]);
  });
});

test('a home of before is asked for its attested SBOMs once, where something runs or waits', async () => {
  const keys = [await hold('attested'), await hold('plain'), await hold('stored')] as const;
  const [attested, plain, stored] = keys;
  await harbour.liveInDev(attested);
  await harbour.liveInDev(plain);
  await harbour.push(stored);
  for (const { repository, digest } of [attested, stored])
    await harbour.evidence.record(repository, [
      harbour.signedBy('ci', digest, { predicateType: 'https://cyclonedx.org/bom' }),
    ]);
  await rescan();
  expect(await generationCauses(own.db, attested)).toEqual(['push']);
  const rest = `documents: { sbom: { prefer: both, signers: [ci] } }\n${signers}`;
  await harbour.policies.activate(policyText(2, { rest }), 'policy.yaml', 'test');
  await rescan();
  await rescan();
  const causes = [];
  for (const key of keys) causes.push(await generationCauses(own.db, key));
  expect(causes).toEqual([['push', 'advisories'], ['push'], ['push']]);
});

async function fenceOf({ digest }: ArtifactKey): Promise<string | undefined> {
  const row = await own.db.selectFrom('artifact_fence').select('state').where('digest', '=', digest).executeTakeFirst();
  return row?.state;
}
