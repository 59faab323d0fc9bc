/** The same bytes in two repositories: live is the one that was promoted, until it is taken out, and no other. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { readArtifactDetail } from '../../../adapters/postgres/read-artifact-detail.ts';
import { listArtifacts, readArtifactSummary } from '../../../adapters/postgres/read-artifacts.ts';
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

const digest = digestOf('the same bytes');
const [promoted, pushed] = [
  { repository: 'shop/web', digest },
  { repository: 'mirror/web', digest },
];

test('artifacts, their details and what relied on a revoked key say live of the one that is', async () => {
  await harbour.liveInDev(promoted);
  await harbour.push(pushed);
  const summary = async (key: typeof promoted) => (await readArtifactSummary(own.db, key))?.environments;
  const places = async (key: typeof promoted) =>
    (await readArtifactDetail(own.db, key)).placements.map(({ destination, state }) => [destination, state]);
  expect([await summary(promoted), await summary(pushed)]).toEqual([['dev'], []]);
  expect([await places(promoted), await places(pushed)]).toEqual([[['dev/shop/web', 'live']], []]);
  const inDev = await listArtifacts(
    own.db,
    { repository: undefined, environment: 'dev', phase: undefined },
    { limit: 10, after: undefined },
  );
  expect(inDev.items.map(({ repository }) => repository)).toEqual(['shop/web']);

  const signer = 'key:gone';
  await sql`insert into artifact_fact (digest, kind, value) values (${digest}, 'signer', ${signer})`.execute(own.db);
  const desk = createKeyDesk(own.db, async () => undefined);
  await desk.revoke({ kind: 'signer', value: signer, reason: 'stolen', from: undefined }, 'ada');
  for (const key of [promoted, pushed]) await harbour.judge(key, 'dev', { admitted: false });
  const [revocation] = await desk.listRevocations();
  expect(revocation?.fell).toMatchObject([
    { repository: 'mirror/web', live: false },
    { repository: 'shop/web', live: true },
  ]);

  await sql`update placement set state = 'removed' where digest = ${digest}`.execute(own.db);
  expect([await places(promoted), await places(pushed)]).toEqual([[['dev/shop/web', 'removed']], []]);
});
