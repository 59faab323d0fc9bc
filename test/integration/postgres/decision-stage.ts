/** What tests of decisions about findings work with: a database, advisories published and artifacts judged on it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import type { DecisionBook, NewDecision } from '../../../domain/advisory/decision/decision-book.ts';
import type { RescanBook } from '../../../domain/advisory/rescan-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

export let own: TestDatabase;
export let harbour: Harbour;
let rescans: RescanBook;
export let book: DecisionBook;
/** Of the test that runs: names, purls and advisories of each are its own. */
export let count = 0;
let version = 1;

const gates = 'gates: [{ gate: digest }, { gate: vulnerabilities, severity: high }]';
export async function activate(rest: string): Promise<void> {
  const text = policyText(version++, { rest }).replaceAll('gates: [{ gate: digest }]', gates);
  expect(await harbour.policies.activate(text, 'policy.yaml', 'test')).toMatchObject({ outcome: 'activated' });
}

/** Called by each test file: gives it a database of its own, and each of its tests a number. */
export function useDecisionStage(): void {
  beforeAll(openStage);
  afterAll(() => own.drop());
  beforeEach(() => {
    count += 1;
  });
}

async function openStage(): Promise<void> {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const policy = () => harbour.policies.current();
  rescans = createRescanBook(own.db, policy);
  book = createDecisionBook(own.db, policy);
  await activate('findingIncidents: [{ on: severity, atLeast: critical }, { on: malicious-package }]');
}

export const ann = { subject: 'ann', role: 'approver' } as const;
export const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
export const nameOf = () => `library-${count}`;
export const purlOf = () => `pkg:npm/${nameOf()}@1.0.0`;
export const cveOf = () => `CVE-2026-${String(count).padStart(5, '0')}`;

export async function hold(label: string): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const component: Component = {
    ...{ purl: purlOf(), ecosystem: 'npm', advisoryName: nameOf(), name: nameOf(), version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${label}`, layer: digestOf(`${label} ${count}`) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}

/** Under a GHSA id, with the CVE as another name. */
export async function publish(id = `GHSA-a-${count}`, severity = 'HIGH'): Promise<void> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem: 'npm', name: nameOf() },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
      database_specific: { severity },
    },
  ];
  await imports.stage(epoch, [{ id, aliases: [cveOf()], modified: '2026-01-01T00:00:00Z', affected }]);
  await imports.activate(epoch, { count: 0, first: [] });
  await rescan();
}
export const rescan = () => rescans.rescan(() => undefined);
export const wake = () => rescans.wakeDecisions(() => undefined);
export const decide = (more: Partial<NewDecision> = {}) =>
  book.make(
    {
      ...{ advisory: cveOf(), state: 'accepted_risk', reason: 'not reachable from outside', expires: inHours(24) },
      scope: { component: `pkg:npm/${nameOf()}` },
      ...more,
    },
    ann,
  );
export const notAffected = {
  state: 'not_affected',
  justification: 'vulnerable_code_not_present',
  expires: undefined,
} as const;

/** Judged as the trust worker does, by everything that is recorded. */
export async function judge(key: ArtifactKey, name = 'dev'): Promise<Verdict> {
  const policy = await harbour.policies.current();
  const environment = findEnvironment(policy, name)!;
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  const now = new Date().toISOString();
  return evaluateVerdict({ policy, environment, judged, now, sha256: sha256Digest });
}
export const outcomeOf = async (key: ArtifactKey, name?: string) => (await judge(key, name)).outcome;

export const changesOf = (key: ArtifactKey) => findingChanges(own.db, key);
export const generationsOf = (key: ArtifactKey) => generationCauses(own.db, key);
export const incidentsOn = async (purl: string) =>
  (await sql`select id from incident where selector ->> 'value' = ${purl}`.execute(own.db)).rows;

/** As if it had been made, and would end, that much earlier. */
export async function age(id: string, hours: number): Promise<void> {
  await sql`alter table finding_decision disable trigger finding_decision_kept`.execute(own.db);
  await sql`update finding_decision set made_at = made_at - make_interval(hours => ${hours}),
    expires_at = expires_at - make_interval(hours => ${hours}) where id = ${id}`.execute(own.db);
  await sql`alter table finding_decision enable trigger finding_decision_kept`.execute(own.db);
}
