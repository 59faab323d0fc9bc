/** What is known of attacks comes in whole, is said by findings and gates, and re-opens the gate of what runs. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { readPlatforms } from '../../../adapters/postgres/read-platforms.ts';
import { readAdvisoryEpochs, readAdvisoryState, readThreatStates } from '../../../adapters/postgres/read-status.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { createThreatImports } from '../../../adapters/postgres/threat-imports.ts';
import type { KnownExploited } from '../../../domain/advisory/threat.ts';
import type { ThreatTable } from '../../../domain/advisory/threat-imports.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const text = policyText(1, { rest: 'findingIncidents: [{ on: known-exploited, environments: [dev] }]' });
  const gates = 'gates: [{ gate: digest }, { gate: vulnerabilities, severity: critical, knownExploited: true }]';
  await harbour.policies.activate(text.replaceAll('gates: [{ gate: digest }]', gates), 'policy.yaml', 'test');
});
afterAll(() => own.drop());
beforeEach(() => {
  count += 1;
});

const nameOf = () => `library-${count}`;
const purlOf = () => `pkg:npm/${nameOf()}@1.0.0`;
const cveOf = (number = count) => `CVE-2026-${String(number).padStart(5, '0')}`;
const entry: KnownExploited = { added: '2026-01-01', due: '2026-02-01', ransomware: true };
const kev = (...cves: string[]): ThreatTable => ({ kind: 'kev', entries: new Map(cves.map((cve) => [cve, entry])) });

async function bring(table: ThreatTable, rejected = 0) {
  const epoch = await createAdvisoryImports(own.db).begin('test', 'test');
  return createThreatImports(own.db).activate(epoch, table, { count: rejected, first: [] });
}
const rescan = () => createRescanBook(own.db, () => harbour.policies.current()).rescan(() => undefined);

async function hold(label: string): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const component = {
    ...{ purl: purlOf(), ecosystem: 'npm' as const, advisoryName: nameOf(), name: nameOf(), version: '1.0.0' },
    ...{
      advisoryVersion: '1.0.0',
      licences: [],
      hashes: [],
      dependsOn: [],
      scope: 'runtime' as const,
      foundBy: 'test',
    },
    locations: [{ path: `/${label}`, layer: digestOf(`${label} ${count}`) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  const [stored] = await harbour.stocks.record(key.digest, [
    { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined },
  ]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}
async function publish(aliases: readonly string[] = [cveOf()]): Promise<readonly string[]> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem: 'npm', name: nameOf() },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
      database_specific: { severity: 'LOW' },
    },
  ];
  const modified = new Date(Date.UTC(2026, 0, 1) + epoch * 1000).toISOString();
  await imports.stage(epoch, [{ id: `GHSA-${count}`, aliases, modified, affected }]);
  await imports.activate(epoch, { count: 0, first: [] });
  return (await rescan()).incidents;
}
const findingOf = async (key: ArtifactKey) => (await harbour.verdicts.facts(key)).platforms[0]?.findings[0];
async function judge(key: ArtifactKey) {
  const policy = await harbour.policies.current();
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  const now = new Date().toISOString();
  return evaluateVerdict({ policy, environment: findEnvironment(policy, 'dev')!, judged, now, sha256: sha256Digest });
}
async function changesOf({ repository, digest }: ArtifactKey) {
  const { rows } = await sql<{ change: string }>`
    select c ->> 'change' as change from outbox o cross join lateral jsonb_array_elements(o.data -> 'changes') c
    where o.subject = ${`${repository}@${digest}`} and o.type = 'artifact.findings-changed' order by o.sequence`.execute(
    own.db,
  );
  return rows.map(({ change }) => change);
}
const generationsOf = async ({ digest }: ArtifactKey) =>
  (
    await own.db.selectFrom('generation').select('cause').where('digest', '=', digest).orderBy('generation').execute()
  ).map(({ cause }) => cause);
const incidentsOn = async (purl: string) =>
  (await sql`select id from incident where selector ->> 'value' = ${purl}`.execute(own.db)).rows;

describe('a table', () => {
  test('is an epoch with source, digest and counts; the same again changes nothing; what is left out is gone', async () => {
    const [a, b, c] = ['CVE-2020-0001', 'CVE-2020-0002', 'CVE-2020-0003'];
    expect(await bring(kev(a, b), 3)).toMatchObject({ added: 2, updated: 0, withdrawn: 0, unchanged: 0, rejected: 3 });
    expect(await bring(kev(b, a))).toMatchObject({ added: 0, updated: 0, withdrawn: 0, unchanged: 2 });
    const changed: ThreatTable = {
      kind: 'kev',
      entries: new Map([
        [a, { ...entry, ransomware: false }],
        [c, entry],
      ]),
    };
    expect(await bring(changed)).toMatchObject({ added: 1, updated: 1, withdrawn: 1, unchanged: 0 });
    const [last, before, first] = await readAdvisoryEpochs(own.db, 3);
    expect(last).toMatchObject({ kind: 'kev', source: 'test', actor: 'test', state: 'active', records: 2 });
    expect(before?.digest).toBe(first?.digest);
    expect(last?.digest).not.toBe(first?.digest);
    expect(await readThreatStates(own.db)).toMatchObject([{ kind: 'kev', entries: 2, digest: last?.digest }]);
  });

  test('of scores takes the place of the one before, and asks for no rescan', async () => {
    await rescan();
    const scores = (...pairs: [string, number][]): ThreatTable => ({
      kind: 'epss',
      entries: new Map(pairs.map(([cve, score]) => [cve, { score, percentile: 0.5 }])),
    });
    expect(await bring(scores(['CVE-2020-0001', 0.97544], ['CVE-2020-0002', 0.1]))).toMatchObject({ added: 2 });
    expect(await bring(scores(['CVE-2020-0001', 0.97544], ['CVE-2020-0003', 0.2]))).toMatchObject({
      ...{ added: 1, updated: 0, withdrawn: 1, unchanged: 1 },
    });
    const { epoch, rescannedThrough } = await readAdvisoryState(own.db);
    expect(epoch).toBe(rescannedThrough);
  });

  test('without an entry takes the place of none', async () => {
    await bring(kev('CVE-2020-0001'));
    await expect(bring(kev())).rejects.toThrow(TypeError);
    expect(await readThreatStates(own.db)).toContainEqual(expect.objectContaining({ kind: 'kev', entries: 1 }));
  });

  test('leaves the age of the advisories as it is', async () => {
    const { syncedAt, records, digest } = await readAdvisoryState(own.db);
    await bring(kev('CVE-2020-0009'));
    expect(await readAdvisoryState(own.db)).toMatchObject({ syncedAt, records, digest });
  });
});

describe('a finding', () => {
  test('says that it is attacked, and how likely that is; the gate counts it whatever its severity', async () => {
    const key = await hold('web');
    await publish();
    const before = await judge(key);
    expect(before.outcome).toBe('pass');
    await bring(kev(cveOf()));
    await bring({ kind: 'epss', entries: new Map([[cveOf(), { score: 0.97544, percentile: 0.999 }]]) });
    expect(await findingOf(key)).toMatchObject({ kev: entry, epss: { score: 0.97544, percentile: 0.999 } });
    const after = await judge(key);
    expect(after.gates[1]).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('at or above critical or known exploited: low GHSA-'),
      details: [expect.stringContaining('known exploited since 2026-01-01, EPSS 0.98')],
    });
    expect(after.decisionDigest).not.toBe(before.decisionDigest);
  });
});

describe('a new entry of the catalogue', () => {
  test('that gets the name of what is attacked already is told as attacked, judged again, and opens an incident', async () => {
    const key = await hold('named');
    await harbour.liveInDev(key);
    await bring(kev(cveOf()));
    await rescan();
    expect(await publish([])).toEqual([]);
    const { findingsVersion } = await harbour.verdicts.facts(key);
    // Another name that says nothing changes nothing.
    expect(await publish(['CVE-2019-99999'])).toEqual([]);
    expect(await harbour.verdicts.facts(key)).toMatchObject({ findingsVersion });
    const incidents = await publish([cveOf()]);
    expect(await incidentsOn(purlOf())).toEqual(incidents.map((id) => ({ id })));
    expect(incidents).toHaveLength(1);
    expect(await changesOf(key)).toEqual(['appeared', 'exploited']);
    expect((await harbour.verdicts.facts(key)).findingsVersion).toBeGreaterThan(findingsVersion ?? 0);
  });

  test('is told of where it runs, judged again, and opens an incident by policy; once', async () => {
    const [runs, rests] = [await hold('runs'), await hold('rests')];
    await publish();
    await harbour.liveInDev(runs);
    await harbour.push(rests);
    await bring(kev(cveOf(), 'CVE-2000-0001'));
    const { incidents } = await rescan();
    expect(await incidentsOn(purlOf())).toEqual(incidents.map((id) => ({ id })));
    expect([await changesOf(runs), await changesOf(rests)]).toEqual([['exploited'], ['exploited']]);
    expect((await generationsOf(runs)).at(-1)).toBe('advisories');
    expect(await generationsOf(rests)).toEqual(['push']);
    expect(await incidentsOn(purlOf())).toHaveLength(1);
    expect(await rescan()).toMatchObject({ changes: 0, artifacts: 0, incidents: [] });
  });

  test('that leaves again is told too, and opens nothing', async () => {
    const key = await hold('gone');
    await publish();
    await bring(kev(cveOf()));
    await rescan();
    await harbour.liveInDev(key);
    await bring(kev('CVE-2000-0001'));
    expect(await rescan()).toMatchObject({ changes: 1, incidents: [] });
    expect((await changesOf(key)).at(-1)).toBe('changed');
    expect((await judge(key)).outcome).toBe('pass');
  });

  test('opens nothing where a decision takes the finding out', async () => {
    const key = await hold('decided');
    await publish();
    await harbour.liveInDev(key);
    await createDecisionBook(own.db, () => harbour.policies.current()).make(
      {
        ...{ advisory: cveOf(), state: 'not_affected', justification: 'vulnerable_code_not_present', reason: 'gone' },
        scope: { component: nameOf() },
      },
      { subject: 'ann', role: 'approver' },
    );
    await bring(kev(cveOf()));
    await rescan();
    expect(await incidentsOn(purlOf())).toEqual([]);
    expect((await judge(key)).outcome).toBe('pass');
  });

  test('that is known before the advisory opens one when the advisory comes', async () => {
    const key = await hold('later');
    await harbour.liveInDev(key);
    await bring(kev(cveOf()));
    await rescan();
    await publish();
    expect(await incidentsOn(purlOf())).toHaveLength(1);
  });
});

test('an artifact says what was found in it, what of that is attacked, and what was decided', async () => {
  const key = await hold('shown');
  await publish();
  await bring(kev(cveOf()));
  expect(await readPlatforms(own.db, key)).toMatchObject([
    { findings: 1, highest: 'low', knownExploited: 1, decided: [], scannedAt: expect.any(String) },
  ]);
  const { id } = await createDecisionBook(own.db, () => harbour.policies.current()).make(
    {
      ...{ advisory: cveOf(), state: 'not_affected', justification: 'component_not_present', reason: 'gone' },
      scope: { artifact: key.repository },
    },
    { subject: 'ann', role: 'approver' },
  );
  expect(await readPlatforms(own.db, key)).toMatchObject([
    {
      findings: 1,
      highest: null,
      decided: [{ advisory: `GHSA-${count}`, purl: purlOf(), state: 'not_affected', decision: id }],
    },
  ]);
  const unscanned = { repository: 'shop/unscanned', digest: digestOf('unscanned') };
  await harbour.stocks.record(unscanned.digest, [
    { digest: unscanned.digest, platform: 'linux/amd64', stock: undefined, failure: 'too large' },
  ]);
  expect(await readPlatforms(own.db, unscanned)).toMatchObject([
    { findings: null, highest: null, failure: 'too large' },
  ]);
});
