/** What the trust worker says of its own list of approvers. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tellApproverList } from '../../../adapters/postgres/approver-list.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1, { prod: ', approvals: { required: 1 }' }), 'policy.yaml', 'test');
  await sql`insert into principal (subject) values ('ann'), ('ben'), ('dora')`.execute(own.db);
});
afterAll(() => own.drop());

test.each([
  ['more than the policy', 2, 2],
  ['fewer', 0, 1],
])(
  'where its list asks for %s, the greater number is waited for before anything is copied',
  async (name, least, required) => {
    const list = { approvers: {}, required: least === 0 ? {} : { prod: least }, digest: 'sha256:list' };
    await tellApproverList(own.db, list);
    const key = await harbour.waitingForProd({ repository: 'shop', digest: digestOf(name) });
    await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'committer', 'dora')`.execute(
      own.db,
    );
    const reserve = () => harbour.promotions.reserve(key, LEASE_SECONDS);
    expect(await reserve()).toMatchObject({ outcome: 'waiting', for: 'approval' });
    for (const [given, principal] of ['ann', 'ben'].slice(0, required).entries()) {
      const said = { verb: 'approve', reason: 'fine', decider: { principal, groups: [] } } as const;
      expect(await harbour.promotions.decide(key, said)).toMatchObject({
        state: given + 1 === required ? 'satisfied' : 'waiting',
      });
      expect(await reserve()).toMatchObject({ outcome: given + 1 === required ? 'reserved' : 'waiting' });
    }
  },
);
