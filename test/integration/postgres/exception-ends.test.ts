/** Exceptions of the policy end by themselves: nothing enters on them any more, and what runs on them is judged again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { readScannerReports } from '../../../adapters/postgres/read-scanner-reports.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { createReportBook } from '../../../adapters/postgres/scanner-reports.ts';
import type { RescanBook } from '../../../domain/advisory/rescan-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let rescans: RescanBook;
let version = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  rescans = createRescanBook(own.db, () => harbour.policies.current());
  await activate([]);
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem: 'npm', name: 'lodash' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
      database_specific: { severity: 'CRITICAL' },
    },
  ];
  const record = { id: 'GHSA-lodash', aliases: ['CVE-2026-1000'], modified: '2026-01-01T00:00:00Z', affected };
  await imports.stage(epoch, [record]);
  await imports.activate(epoch, { count: 0, first: [] });
  await rescans.rescan(() => undefined);
});
afterAll(() => own.drop());

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const wake = () => rescans.wakeDecisions(() => undefined);

async function activate(exceptions: readonly string[]): Promise<void> {
  version += 1;
  const gate = `gates: [{ gate: vulnerabilities, severity: high, reports: high, exceptions: [${exceptions.join(', ')}] }]`;
  const text = policyText(version, { rest: 'findingIncidents: [{ on: severity, atLeast: critical }]' });
  const policy = text.replace('gates: [{ gate: digest }]', gate);
  expect(await harbour.policies.activate(policy, 'policy.yaml', 'test')).toMatchObject({ outcome: 'activated' });
}

async function hold(label: string, name = 'lodash'): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}`, digest: digestOf(label) };
  const component: Component = {
    ...{ purl: `pkg:npm/${name}@1.0.0`, ecosystem: 'npm', advisoryName: name, name, version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${label}`, layer: digestOf(label) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}

async function judge(key: ArtifactKey, at = new Date().toISOString()) {
  const policy = await harbour.policies.current();
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  return evaluateVerdict({
    ...{ policy, environment: findEnvironment(policy, 'dev')!, judged, now: at, sha256: sha256Digest },
  });
}

test('the verdict that rests on one says until when, and lets nothing in from then on', async () => {
  const expires = inHours(1);
  await activate([`{ advisory: CVE-2026-1000, purl: pkg:npm/lodash, reason: later, expires: '${expires}' }`]);
  const key = await hold('door');
  const verdict = await judge(key);
  expect(verdict).toMatchObject({ outcome: 'pass', decisionsUntil: expires });
  expect((await judge(key, inHours(2))).outcome).toBe('fail');
  expect(await judge(await hold('clean', 'other'))).not.toHaveProperty('decisionsUntil');
  expect(await wake()).toMatchObject({ ended: 0, next: expires });
  const promotion = await harbour.requestDev(key);
  const generation = promotion.generation;
  await harbour.verdicts.record(
    { ...verdict, decisionsUntil: inHours(-1), evaluatedAt: new Date().toISOString() },
    generation,
  );
  expect(await harbour.promotions.reserve(promotion, 60)).toMatchObject({
    ...{ outcome: 'stale', reason: expect.stringContaining('an exception, ended at') },
  });
});

test('what runs on one is told of and judged again, once, without an incident; what it is not about is not', async () => {
  const [runs, clean] = [await hold('runs'), await hold('untouched', 'other')];
  await harbour.liveInDev(runs);
  await harbour.liveInDev(clean);
  await activate([`{ advisory: GHSA-lodash, reason: later, expires: '${inHours(-0.01)}' }`]);
  expect(await wake()).toMatchObject({ ended: 1, incidents: [] });
  expect((await findingChanges(own.db, runs)).at(-1)).toMatchObject({
    ...{ exception: { advisory: 'GHSA-lodash', environment: 'dev', reason: 'later' }, environments: ['dev'] },
    changes: [{ change: 'appeared', severity: 'critical', purl: 'pkg:npm/lodash@1.0.0', fixedIn: '2.0.0' }],
  });
  expect((await generationCauses(own.db, runs)).at(-1)).toBe('advisories');
  expect(await generationCauses(own.db, clean)).toEqual(['push']);
  expect(await wake()).toMatchObject({ ended: 0, artifacts: 0 });
});

test('what only the report of another scanner has is told of too, also of the index that holds it, unless it was withdrawn', async () => {
  const [reported, withdrawn] = [await hold('reported', 'elsewhere'), await hold('withdrawn', 'elsewhere')];
  const reports = createReportBook(own.db);
  const artifact = { name: 'elsewhere', version: '1.0.0', purl: 'pkg:npm/elsewhere@1.0.0' };
  const vulnerability = { id: 'CVE-2026-2000', severity: 'Critical', fix: { versions: ['1.0.1'], state: 'fixed' } };
  for (const { digest } of [reported, withdrawn]) {
    const source = { type: 'image', target: { manifestDigest: digest } };
    const descriptor = { name: 'grype', version: '0.90.0' };
    const text = JSON.stringify({ matches: [{ vulnerability, artifact }], source, descriptor });
    await reports.add({ repository: 'shop/reported', digest }, { text, source: 'grype.json' }, 'ci');
  }
  await harbour.liveInDev(reported);
  await harbour.liveInDev(withdrawn);
  const index = { repository: 'shop/index', digest: digestOf('an index of what is reported') };
  await harbour.liveInDev(index, { children: [reported.digest] });
  const [first] = await readScannerReports(own.db, withdrawn.digest, 1);
  await reports.withdraw(withdrawn, first!.digest, 'of a wrong database', 'ann');
  const before = await generationCauses(own.db, withdrawn);
  await activate([`{ advisory: CVE-2026-2000, purl: pkg:npm/elsewhere, reason: later, expires: '${inHours(-0.01)}' }`]);
  expect(await wake()).toMatchObject({ ended: 1, artifacts: 2 });
  for (const key of [reported, index]) {
    expect((await findingChanges(own.db, key)).at(-1)).toMatchObject({
      ...{ exception: { advisory: 'CVE-2026-2000', environment: 'dev' }, environments: ['dev'] },
      changes: [{ advisory: 'CVE-2026-2000', severity: 'critical', purl: 'pkg:npm/elsewhere@1.0.0', fixedIn: '1.0.1' }],
    });
    expect((await generationCauses(own.db, key)).at(-1)).toBe('advisories');
  }
  expect(await generationCauses(own.db, withdrawn)).toEqual(before);
});

test('what its verdict says rests on it, as on an attested report, is judged again', async () => {
  const [rests, later] = [await hold('rests', 'attested'), await hold('later', 'attested')];
  const expires = inHours(-0.01);
  for (const [key, decisionsUntil] of [
    [rests, expires],
    [later, inHours(1)],
  ] as const) {
    const { generation } = await harbour.liveInDev(key);
    await harbour.verdicts.record({ ...(await judge(key)), decisionsUntil }, generation);
  }
  await activate([`{ advisory: CVE-2026-3000, reason: later, expires: '${expires}' }`]);
  expect(await wake()).toMatchObject({ ended: 1, artifacts: 1 });
  expect((await generationCauses(own.db, rests)).at(-1)).toBe('advisories');
  expect(await generationCauses(own.db, later)).toEqual(['push']);
});

test('one about what could not be decided has everything of its environment look again', async () => {
  const key = await hold('undecided', 'third');
  await harbour.liveInDev(key);
  await activate([`{ advisory: undecided, purl: pkg:npm/third, reason: later, expires: '${inHours(-0.01)}' }`]);
  expect(await wake()).toMatchObject({ ended: 1 });
  expect((await generationCauses(own.db, key)).at(-1)).toBe('advisories');
});
