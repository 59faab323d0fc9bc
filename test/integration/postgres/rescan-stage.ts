/** What tests of rescans stand on: a database of their own, artifacts that have a library of the test's own, and advisories about it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import type { RescanBook } from '../../../domain/advisory/rescan-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { Component, Stock } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

export let own: TestDatabase;
export let harbour: Harbour;
export let rescans: RescanBook;
export let count = 0;

/** From here on it is about another one. */
export function nextLibrary(): void {
  count += 1;
}

/** Called by each file: files share this module where they share a process. */
export function standOnRescans(): void {
  beforeAll(async () => {
    own = await createTestDatabase();
    harbour = createHarbour(own.db);
    rescans = createRescanBook(own.db, () => harbour.policies.current());
    await harbour.policies.activate(
      policyText(1, {
        rest: 'findingIncidents: [{ on: malicious-package }, { on: severity, atLeast: critical, environments: [staging] }]',
      }),
      'policy.yaml',
      'test',
    );
  });
  afterAll(() => own.drop());
  beforeEach(nextLibrary);
}

export const nameOf = () => `library-${count}`;
export const purlOf = () => `pkg:npm/${nameOf()}@1.0.0`;
export function stockOf(label: string): Stock {
  const name = nameOf();
  const component: Component = {
    ...{ purl: purlOf(), ecosystem: 'npm', advisoryName: name, name, version: '1.0.0', advisoryVersion: '1.0.0' },
    ...{ licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${label}`, layer: digestOf(label) }],
  };
  return { components: [component], unreadable: [], complete: true };
}

/** An artifact that has the library of this test, scanned. */
export async function hold(label: string): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const [stored] = await harbour.stocks.record(key.digest, [
    { digest: key.digest, platform: 'linux/amd64', stock: stockOf(`${label} ${count}`), failure: undefined },
  ]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}

/** Every version of the library before 2.0.0. */
export const affectedBy = () => ({
  package: { ecosystem: 'npm', name: nameOf() },
  ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
  database_specific: { severity: 'HIGH' },
});

export async function publish(id: string, more: object = {}): Promise<number> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [affectedBy()];
  const record = { id, modified: `2026-01-01T00:00:${String(epoch % 60).padStart(2, '0')}Z`, affected, ...more };
  const { rejected } = await imports.stage(epoch, [record]);
  expect(rejected).toEqual([]);
  await imports.activate(epoch, { count: 0, first: [] });
  return epoch;
}
export const rescan = () => rescans.rescan(() => undefined);
export const findingsOf = async ({ digest }: ArtifactKey) => {
  const { platforms } = await harbour.verdicts.facts({ repository: 'any', digest });
  return platforms.flatMap(({ findings }) => findings.map(({ advisory }) => advisory));
};
export const changesOf = (key: ArtifactKey) => findingChanges(own.db, key);
export const generationsOf = (key: ArtifactKey) => generationCauses(own.db, key);
export const incidentsOn = async (purl: string) => {
  const { rows } = await sql<{ id: string }>`select id from incident where selector ->> 'value' = ${purl}`.execute(
    own.db,
  );
  return rows.map(({ id }) => id);
};
