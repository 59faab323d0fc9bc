import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideProposal, listProposals } from '../../../adapters/postgres/policy-proposals.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(asking(1), 'policy.yaml', 'ann');
});
afterAll(() => own.drop());

const asking = (version: number) =>
  policyText(version, { rest: 'changes: { required: 1, groups: [owners], expiresAfter: PT1H }\n' });
const proofs = { confirm: () => Promise.reject(new Error('nobody brought a proof')) };
const decide = (id: string, verb: 'approve' | 'reject') =>
  decideProposal(own.db, proofs, id, {
    decider: { principal: 'ben', groups: ['owners'] },
    verb,
    reason: 'looked at it',
  });
const propose = async (version: number): Promise<string> => {
  const outcome = await harbour.policies.activate(asking(version), 'policy.yaml', 'ann');
  if (outcome.outcome !== 'proposed') throw new Error(`not proposed: ${JSON.stringify(outcome)}`);
  return outcome.proposal;
};
const stateOf = async (id: string) => (await listProposals(own.db)).find((proposal) => proposal.id === id)?.state;
const age = (id: string) =>
  sql`update policy_proposal set proposed_at = proposed_at - interval '2 hours' where id = ${id}`.execute(own.db);

test.each(['approve', 'reject'] as const)('whose time is over has ended, whoever comes late to %s', async (verb) => {
  const id = await propose(2);
  await age(id);
  expect(await decide(id, verb)).toMatchObject({ outcome: 'ended', state: 'expired' });
  expect(await stateOf(id)).toBe('expired');
});

test('whose time is over is proposed anew by the same file, and can come into force', async () => {
  const first = await propose(3);
  expect(await propose(3)).toBe(first);
  await age(first);
  const second = await propose(3);
  expect(second).not.toBe(first);
  expect(await stateOf(first)).toBe('expired');
  expect(await decide(second, 'approve')).toMatchObject({ outcome: 'activated', version: 3 });
  const events = own.db.selectFrom('outbox').select(['type', 'actor', 'data']).where('subject', '=', 'policy');
  expect(await events.orderBy('sequence', 'desc').executeTakeFirst()).toMatchObject({
    ...{ type: 'policy.activated', actor: 'ben' },
    data: { version: 3, proposal: second, activatedBy: 'ann, ben', fileName: 'policy.yaml' },
  });
});
