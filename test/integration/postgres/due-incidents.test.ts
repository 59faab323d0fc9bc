/** A catastrophe: more new findings on what runs than one rescan opens incidents for. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFindingIncidents } from '../../../adapters/postgres/finding-incidents.ts';
import type { Severity } from '../../../domain/advisory/finding.ts';
import type { RunningFinding } from '../../../domain/policy/finding-incidents.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const rest = 'findingIncidents: [{ on: severity, atLeast: low }, { on: known-exploited }]';
  await harbour.policies.activate(policyText(1, { rest }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

const finding = (number: number, severity: Severity, isExploited = false): RunningFinding => ({
  ...{ purl: `pkg:npm/library-${String(number).padStart(3, '0')}@1.0.0`, advisory: `GHSA-${number}`, severity },
  ...{ environments: ['dev'], isNew: true, isExploited, isMalicious: false },
});

/** Runs in dev, with all of these findings. */
async function run(found: readonly RunningFinding[], label: string): Promise<void> {
  const key = { repository: `shop/${label}`, digest: digestOf(label) };
  const components = found.map(({ purl }) => ({
    ...{ purl, ecosystem: 'npm' as const, advisoryName: purl, name: purl, version: '1.0.0', advisoryVersion: '1.0.0' },
    ...{ licences: [], hashes: [], dependsOn: [], scope: 'runtime' as const, foundBy: 'test' },
    locations: [{ path: `/${label}`, layer: digestOf(label) }],
  }));
  const stock = { components, unreadable: [], complete: true };
  await harbour.stocks.record(key.digest, [{ digest: key.digest, platform: 'linux/amd64', stock, failure: undefined }]);
  await harbour.liveInDev(key);
  await sql`
    insert into component_finding (component, position, advisory, decided, body)
    select c.id, 0, f.advisory, true, jsonb_build_object('advisory', f.advisory, 'purl', f.purl, 'aliases', jsonb_build_array())
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as f(purl text, advisory text)
    join component c on c.purl = f.purl`.execute(own.db);
}

const openOn = async () => {
  const { rows } = await sql<{ purl: string }>`select purl from finding_incident order by opened_at, purl`.execute(
    own.db,
  );
  return rows.map(({ purl }) => purl);
};

test('opens the worst first, and the rest at the next rescan, which is asked for at once', async () => {
  const mild = Array.from({ length: 104 }, (_, number) => finding(number, 'low'));
  const grave = finding(900, 'critical');
  const attacked = finding(901, 'medium', true);
  const found = [...mild, grave, attacked];
  await run(found, 'much');
  const policy = await harbour.policies.current();
  expect(await openFindingIncidents(own.db, policy, found)).toHaveLength(100);
  const first = await openOn();
  expect(first.slice(0, 2)).toEqual([attacked.purl, grave.purl]);
  const { rows } = await sql`select from workflow_request where workflow_id = 'rescan' and state = 'pending'`.execute(
    own.db,
  );
  expect(rows).toHaveLength(1);
  expect(await openFindingIncidents(own.db, policy, [])).toHaveLength(6);
  expect(new Set(await openOn())).toEqual(new Set(found.map(({ purl }) => purl)));
  expect(await openFindingIncidents(own.db, policy, [])).toEqual([]);
  const { rows: due } = await sql`select from finding_incident_due`.execute(own.db);
  expect(due).toEqual([]);
});

test('what was left is malicious by any of its names', async () => {
  const reviewed = finding(3000, 'high');
  await run([reviewed], 'reviewed');
  await sql`update component_finding set body = jsonb_set(body, '{aliases}', '["MAL-2025-6022"]')
    where advisory = ${reviewed.advisory}`.execute(own.db);
  await sql`insert into finding_incident_due (purl, advisory, severity, is_new, is_exploited)
    values (${reviewed.purl}, ${reviewed.advisory}, 'high', true, false)`.execute(own.db);
  const { document, ...policy } = await harbour.policies.current();
  const malicious = { ...policy, document: { ...document, findingIncidents: [{ on: 'malicious-package' as const }] } };
  expect(await openFindingIncidents(own.db, malicious, [])).toHaveLength(1);
  expect(await openOn()).toContain(reviewed.purl);
});

test('what a rescan leaves while another looks is left to the next', async () => {
  const late = finding(2000, 'low');
  await run([late], 'late');
  const policy = await harbour.policies.current();
  const early = finding(1000, 'high');
  await sql`
    insert into finding_incident_due (purl, advisory, severity, is_new, is_exploited)
    values (${early.purl}, ${early.advisory}, 'high', true, false)`.execute(own.db);
  // Whoever opens an incident waits for the epoch: until then, another has found and left more.
  const door = await heldTransaction(own.db, (trx) => sql`select value from incident_epoch for update`.execute(trx));
  const looking = openFindingIncidents(own.db, policy, [finding(1500, 'critical')]);
  await own.blocked(1);
  await sql`
    insert into finding_incident_due (purl, advisory, severity, is_new, is_exploited)
    values (${late.purl}, ${late.advisory}, 'low', true, false)`.execute(own.db);
  await door.commit();
  await looking;
  const { rows } = await sql`select purl from finding_incident_due`.execute(own.db);
  expect(rows).toEqual([{ purl: late.purl }]);
  expect(await openFindingIncidents(own.db, policy, [])).toHaveLength(1);
  expect(await openOn()).toContain(late.purl);
});
