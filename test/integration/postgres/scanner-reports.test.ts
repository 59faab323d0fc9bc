/** What other scanners found, kept with an artifact: it can hold something back, and lets nothing through. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { readScannerReports } from '../../../adapters/postgres/read-scanner-reports.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { createReportBook } from '../../../adapters/postgres/scanner-reports.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let reports: ReturnType<typeof createReportBook>;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  reports = createReportBook(own.db);
  const gates = 'gates: [{ gate: vulnerabilities, severity: high, reports: high }]';
  const text = policyText(1, { rest: 'findingIncidents: [{ on: severity, atLeast: low }]' });
  const policy = text.replace('gates: [{ gate: digest }]', gates);
  expect(await harbour.policies.activate(policy, 'policy.yaml', 'test')).toMatchObject({ outcome: 'activated' });
});
afterAll(() => own.drop());
beforeEach(() => {
  count += 1;
});

/** What is in one of them: a component that no advisory is about. */
function stockOf(label: string) {
  const component: Component = {
    ...{ purl: `pkg:npm/library-${count}@1.0.0`, ecosystem: 'npm', advisoryName: `library-${count}` },
    ...{
      name: `library-${count}`,
      version: '1.0.0',
      advisoryVersion: '1.0.0',
      licences: [],
      hashes: [],
      dependsOn: [],
    },
    ...{ scope: 'runtime', foundBy: 'test', locations: [{ path: '/a', layer: digestOf(`${label} ${count}`) }] },
  };
  return { components: [component], unreadable: [], complete: true };
}

/** An image, with a configuration of its own. */
async function hold(label = 'web'): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock: stockOf(label), failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await sql`insert into advisory (id, modified, record, record_digest) values ('GHSA-other', '2026-01-01T00:00:00Z', '{}', 'x')
    on conflict do nothing`.execute(own.db);
  await sql`insert into advisory_package (ecosystem, name, advisory) values ('npm', 'another', 'GHSA-other')
    on conflict do nothing`.execute(own.db);
  await harbour.stocks.scanStock(stored!.stock!);
  await harbour.requestDev(key, { config: `config ${label} ${count}` });
  return key;
}

/** An index that holds it, in its repository, with what was found in it. */
async function holdIndex({ repository, digest }: ArtifactKey, within: readonly Digest[] = []): Promise<ArtifactKey> {
  const index = { repository, digest: digestOf(`index of ${digest} ${within.length}`) };
  const platform = { digest, platform: 'linux/amd64', stock: stockOf('web'), failure: undefined };
  await harbour.stocks.record(index.digest, [platform]);
  if (within.length > 0) await harbour.generations.recordNesting([index.digest, ...within, digest]);
  await harbour.requestDev(index, { children: within.length > 0 ? within : [digest], tag: '1.0' });
  return index;
}

const cveOf = () => `CVE-2026-${String(count).padStart(5, '0')}`;

/** As `grype -o json` writes it. */
function grype(target: object | string | undefined, severity = 'Critical'): string {
  const artifact = { name: `library-${count}`, version: '1.0.0', purl: `pkg:npm/library-${count}@1.0.0` };
  return JSON.stringify({
    matches: [{ vulnerability: { id: cveOf(), severity }, artifact }],
    ...(target === undefined ? {} : { source: { type: 'image', target } }),
    descriptor: { name: 'grype', version: '0.90.0' },
  });
}

const add = (key: ArtifactKey, text: string) => reports.add(key, { text, source: 'grype.json' }, 'ci');

async function judge(key: ArtifactKey) {
  const policy = await harbour.policies.current();
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  const now = new Date().toISOString();
  const verdict = evaluateVerdict({
    ...{ policy, environment: findEnvironment(policy, 'dev')!, judged, now, sha256: sha256Digest },
  });
  return verdict.gates[0]!;
}

test('what only another scanner has makes the gate unknown, and outdates the verdict; without it the gate passes', async () => {
  const key = await hold();
  expect(await judge(key)).toMatchObject({ verdict: 'pass' });
  const before = (await harbour.verdicts.facts(key)).findingsVersion;
  const receipt = await add(key, grype({ manifestDigest: key.digest }));
  expect(receipt).toMatchObject({
    ...{ scanner: 'grype', version: '0.90.0', findings: 1, about: key.digest, isNamed: true, isNew: true },
  });
  expect(await judge(key)).toMatchObject({
    verdict: 'unknown',
    reason: `1 finding of another scanner was not found here: grype 0.90.0 reports what was not found here: critical ${cveOf()} in library-${count} 1.0.0`,
  });
  expect((await harbour.verdicts.facts(key)).findingsVersion).toBeGreaterThan(before!);
  expect(await generationCauses(own.db, key)).toEqual(['push', 'advisories']);
  expect(await harbour.eventsOf(`${key.repository}@${key.digest}`)).toContainEqual(
    expect.objectContaining({ type: 'artifact.report-added' }),
  );
  expect(await readScannerReports(own.db, key.digest, 10)).toMatchObject([
    {
      ...{ submittedBy: 'ci', source: 'grype.json', findings: 1, agreed: 0, onlyTheirs: 1, onlyOurs: 0, named: true },
      theirs: [{ advisory: cveOf(), severity: 'critical', purl: `pkg:npm/library-${count}@1.0.0` }],
    },
  ]);
});

test('below the severity of the gate it is told, and changes nothing', async () => {
  const key = await hold();
  await add(key, grype({ manifestDigest: key.digest }, 'Medium'));
  expect(await judge(key)).toMatchObject({ verdict: 'pass' });
  expect(await readScannerReports(own.db, key.digest, 10)).toMatchObject([{ onlyTheirs: 1 }]);
});

test('a severity that is not said is no low one', async () => {
  const key = await hold();
  await add(key, grype({ manifestDigest: key.digest }, 'Unknown'));
  expect(await judge(key)).toMatchObject({ verdict: 'unknown' });
});

test('a report without a finding takes the place of none', async () => {
  const key = await hold();
  await add(key, grype({ manifestDigest: key.digest }));
  await add(key, JSON.stringify({ matches: [], descriptor: { name: 'grype', version: '0.91.0' } }));
  expect(await judge(key)).toMatchObject({ verdict: 'unknown' });
});

describe('which image it is of', () => {
  test.each<[what: string, target: () => object]>([
    ['another manifest', () => ({ manifestDigest: digestOf('another') })],
    ['another configuration', () => ({ imageID: digestOf('another') })],
    ['another name', () => ({ repoDigests: [`host/shop/web@${digestOf('another')}`] })],
  ])('%s is refused, and leaves nothing behind', async (_, target) => {
    const key = await hold();
    await expect(add(key, grype(target()))).rejects.toMatchObject({ code: 'REPORT_OTHER_ARTIFACT' });
    expect(await readScannerReports(own.db, key.digest, 10)).toEqual([]);
    expect(await generationCauses(own.db, key)).toEqual(['push']);
  });

  test('its configuration names it, and so does its repository with its digest', async () => {
    const key = await hold();
    expect(await add(key, grype({ imageID: digestOf(`config web ${count}`) }))).toMatchObject({ isNamed: true });
    expect(await add(key, grype({ repoDigests: [`host/shop@${key.digest}`] }))).toMatchObject({ isNamed: true });
  });

  test('one that names none is the word of who brought it', async () => {
    const key = await hold();
    expect(await add(key, grype('/src'))).toMatchObject({ about: key.digest, isNamed: false });
  });
});

test('the same twice changes nothing, and what is no report is an error', async () => {
  const key = await hold();
  const text = grype({ manifestDigest: key.digest });
  await add(key, text);
  const generations = await generationCauses(own.db, key);
  expect(await add(key, text)).toMatchObject({ isNew: false });
  expect(await generationCauses(own.db, key)).toEqual(generations);
  await expect(add(key, '{}')).rejects.toMatchObject({ code: 'REPORT_UNKNOWN_FORMAT' });
  await expect(add(key, grype(undefined).replace('1.0.0', '1\\u0000'))).rejects.toMatchObject({
    code: 'REPORT_INVALID',
  });
});

test('a decision about it lets it through, ends, and opens no incident', async () => {
  const key = await hold();
  await add(key, grype({ manifestDigest: key.digest }));
  const policy = () => harbour.policies.current();
  const book = createDecisionBook(own.db, policy);
  const scope = { component: `pkg:npm/library-${count}` };
  const said = {
    advisory: cveOf(),
    state: 'not_affected',
    justification: 'component_not_present',
    reason: 'no',
  } as const;
  const { id } = await book.make({ ...said, scope }, { subject: 'ann', role: 'approver' });
  expect(await judge(key)).toMatchObject({ verdict: 'pass', details: [expect.stringContaining(`[decision ${id}]`)] });
  const rescans = createRescanBook(own.db, policy);
  await rescans.rescan(() => undefined);
  expect((await findingChanges(own.db, key)).at(-1)).toMatchObject({ decision: { id, what: 'made' } });
  await book.revoke(id, 'it is', { subject: 'ann', role: 'approver' });
  expect(await judge(key)).toMatchObject({ verdict: 'unknown' });
  expect(await rescans.rescan(() => undefined)).toMatchObject({ incidents: [] });
});

test('withdrawn, it counts no longer, and stays in the record', async () => {
  const key = await hold();
  const { digest } = await add(key, grype({ manifestDigest: key.digest }));
  await reports.withdraw(key, digest, 'of a wrong database', 'ann');
  await reports.withdraw(key, digest, 'again', 'bob');
  expect(await judge(key)).toMatchObject({ verdict: 'pass' });
  expect(await readScannerReports(own.db, key.digest, 10)).toMatchObject([
    { withdrawn: { by: 'ann', reason: 'of a wrong database' } },
  ]);
  await expect(add(key, grype({ manifestDigest: key.digest }))).rejects.toMatchObject({
    ...{ code: 'REPORT_WITHDRAWN', message: expect.stringContaining('withdrawn by ann (of a wrong database)') },
  });
  expect(await judge(key)).toMatchObject({ verdict: 'pass' });
  // What another run of the scanner says is another report.
  expect(await add(key, `${grype({ manifestDigest: key.digest })}\n`)).toMatchObject({ isNew: true });
  expect(await judge(key)).toMatchObject({ verdict: 'unknown' });
  await expect(reports.withdraw(key, digestOf('none'), 'x', 'ann')).rejects.toMatchObject({ code: 'REPORT_UNKNOWN' });
});

describe('under the digest of one platform', () => {
  test('it counts for the index that holds it, is listed there, and is withdrawn there', async () => {
    const platform = await hold();
    const index = await holdIndex(platform);
    const before = (await harbour.verdicts.facts(index)).findingsVersion;
    const { digest } = await add(platform, grype({ manifestDigest: platform.digest }));
    expect(await judge(index)).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining(cveOf()) });
    expect((await harbour.verdicts.facts(index)).findingsVersion).toBeGreaterThan(before!);
    expect(await generationCauses(own.db, index)).toEqual(['push', 'advisories']);
    expect(await readScannerReports(own.db, index.digest, 10)).toMatchObject([
      { about: platform.digest, onlyTheirs: 1 },
    ]);
    await reports.withdraw(index, digest, 'of a wrong database', 'ann');
    expect([await judge(index), await judge(platform)]).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }]);
    expect(await harbour.eventsOf(`${platform.repository}@${platform.digest}`)).toContainEqual(
      expect.objectContaining({ type: 'artifact.report-withdrawn' }),
    );
    for (const key of [index, platform])
      await expect(add(key, grype({ manifestDigest: platform.digest }))).rejects.toMatchObject({
        code: 'REPORT_WITHDRAWN',
      });
  });

  test('it counts for an index that comes later, and for one that holds it two levels down', async () => {
    const platform = await hold();
    await add(platform, grype('/src'));
    expect(await judge(await holdIndex(platform))).toMatchObject({ verdict: 'unknown' });
    expect(await judge(await holdIndex(platform, [digestOf(`inner ${count}`)]))).toMatchObject({ verdict: 'unknown' });
  });

  test('a decision about it is told of at the index, too', async () => {
    const platform = await hold();
    const index = await holdIndex(platform);
    await add(platform, grype({ manifestDigest: platform.digest }));
    const policy = () => harbour.policies.current();
    const scope = { component: `pkg:npm/library-${count}` };
    const { id } = await createDecisionBook(own.db, policy).make(
      { advisory: cveOf(), state: 'not_affected', justification: 'component_not_present', reason: 'no', scope },
      { subject: 'ann', role: 'approver' },
    );
    await createRescanBook(own.db, policy).rescan(() => undefined);
    expect(await judge(index)).toMatchObject({ verdict: 'pass' });
    for (const key of [index, platform])
      expect((await findingChanges(own.db, key)).at(-1)).toMatchObject({ decision: { id, what: 'made' } });
  });

  test('of all that an index holds, 50 count', async () => {
    const platform = await hold();
    const index = await holdIndex(platform);
    const other = (at: number) => `${grype({ manifestDigest: platform.digest })}${' '.repeat(at)}`;
    for (let at = 0; at < 25; at += 1) await add(platform, other(at));
    for (let at = 25; at < 50; at += 1) await add(index, other(at));
    for (const key of [platform, index])
      await expect(add(key, other(50))).rejects.toMatchObject({
        ...{ code: 'REPORT_TOO_MANY', message: expect.stringContaining(index.digest) },
      });
  });
});
