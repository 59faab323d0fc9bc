/** One person who tries to be two, or to decide what others must: in Postgres, through the same calls as the gateway. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDecisionTickets } from '../../adapters/postgres/decision-tickets.ts';
import { decideProposal, listProposals } from '../../adapters/postgres/policy-proposals.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { createTokenStore } from '../../adapters/postgres/token-store.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import { readProvenance } from '../../domain/trust/read-provenance.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from '../integration/postgres/harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
  await sql`insert into principal (subject) values ('ann'), ('ben'), ('cas'), ('dora')`.execute(own.db);
});
afterAll(() => own.drop());

/** Waits for two people in prod; `committer` is what the verified provenance says, where it says it. */
async function waiting(committer: string | undefined = 'dora'): Promise<PromotionKey> {
  count += 1;
  const key = { repository: 'shop', digest: digestOf(`people ${count}`) };
  if (committer !== undefined)
    await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'committer', ${committer})`.execute(
      own.db,
    );
  return harbour.waitingForProd(key);
}

const decide = (key: PromotionKey, principal: string, more: { decision?: string } = {}) =>
  harbour.promotions.decide(key, {
    verb: 'approve',
    reason: 'looked at it',
    decider: { principal, groups: [] },
    ...more,
  });
const refusal = (pattern: RegExp) => ({ outcome: 'refused', reason: expect.stringMatching(pattern) });

describe('an approver', () => {
  it('with two tokens under two subjects counts once, from the moment they are known to be one', async () => {
    const key = await waiting();
    const people = createPrincipalDesk(own.db);
    expect(await decide(key, 'ann')).toMatchObject({ outcome: 'counted' });
    expect(await decide(key, 'ann-laptop')).toMatchObject({ state: 'satisfied' });
    expect(await people.join({ principal: 'ann', kind: 'subject', value: 'ann-laptop' }, 'admin')).toEqual({
      outcome: 'joined',
    });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'waiting', for: 'approval' });
    const tokens = createTokenStore(own.db);
    const speaksFor = { repositories: [], builders: [] };
    const made = await tokens.create({
      subject: 'ann-laptop',
      name: 'x',
      role: 'approver',
      groups: [],
      speaksFor,
      expiresAt: undefined,
      createdBy: 'admin',
    });
    expect(await tokens.verify(made.token)).toMatchObject({ subject: 'ann' });
    expect(await decide(key, 'ben')).toMatchObject({ state: 'satisfied' });
  });

  it('who is made two by joining in a circle stays one', async () => {
    const people = createPrincipalDesk(own.db);
    await people.join({ principal: 'eve', kind: 'subject', value: 'eve-2' }, 'admin');
    expect(await people.join({ principal: 'eve-2', kind: 'subject', value: 'eve' }, 'admin')).toMatchObject({
      outcome: 'refused',
    });
    expect(await people.join({ principal: 'mallory', kind: 'subject', value: 'eve-2' }, 'admin')).toMatchObject({
      outcome: 'refused',
    });
    expect(await people.join({ principal: 'mallory', kind: 'subject', value: 'eve' }, 'admin')).toMatchObject({
      outcome: 'refused',
    });
  });

  it('who committed the source is refused, under any of their subjects and commit keys', async () => {
    const people = createPrincipalDesk(own.db);
    await people.join({ principal: 'dora', kind: 'commit-signer', value: 'dora@work' }, 'admin');
    await people.join({ principal: 'dora', kind: 'subject', value: 'dora-2' }, 'admin');
    const key = await waiting('dora@work');
    expect(await decide(key, 'dora')).toEqual(refusal(/committed the source/));
    expect(await decide(key, 'dora-2')).toEqual(refusal(/committed the source/));
  });

  it('who runs the builder is refused', async () => {
    const key = await waiting();
    await createPrincipalDesk(own.db).join(
      { principal: 'cas', kind: 'builder', value: 'https://builders.test/cas' },
      'admin',
    );
    await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'builder', 'https://builders.test/cas')`.execute(
      own.db,
    );
    expect(await decide(key, 'cas')).toEqual(refusal(/built or pushed the artifact/));
  });

  it('who said that they built it is refused', async () => {
    const key = await waiting();
    await sql`insert into build_fact (output_digest, event_id, source, repository, claimed)
      values (${key.digest}, ${`build ${key.digest}`}, '/sources/ben', 'shop', '{"commit":"c","builder":{"id":"b"}}')`.execute(
      own.db,
    );
    expect(await decide(key, 'ben')).toEqual(refusal(/built or pushed the artifact/));
  });

  it('who approves another decision than the one in force is told so, and does not count', async () => {
    const key = await waiting();
    expect(await decide(key, 'ann', { decision: digestOf('what was found yesterday') })).toMatchObject({
      outcome: 'changed',
    });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({
      reason: expect.stringMatching(/0 of 2/),
    });
  });
});

describe('a committer', () => {
  it('whom nobody knows is unknown, and not somebody else: nobody can approve', async () => {
    const key = await waiting('stranger@example.com');
    expect(await decide(key, 'ann')).toEqual(refusal(/not known/));
  });

  it('with a forged address is not the person of that address', async () => {
    await sql`insert into principal_alias (kind, value, subject) values ('email', 'ann@example.com', 'ann')`.execute(
      own.db,
    );
    const key = await waiting('ann@example.com');
    expect(await decide(key, 'ben')).toEqual(refusal(/not known/));
  });

  it('is read from the signature on the commit, as our builder verified it, and from no address', () => {
    const run = {
      builderId: 'https://builders.test/one',
      builderHost: 'host',
      invocationId: '1',
      source: {
        repository: 'https://git.test/x',
        commit: 'c'.repeat(40),
        signedBy: 'mallory',
        committerEmail: 'ann@example.com',
        committedAt: 1,
      },
      toolchain: {},
      startedOn: '2026-01-02T03:04:05Z',
      finishedOn: '2026-01-02T03:04:05Z',
    };
    const statement = createProvenance(digestOf('x'), run);
    expect(readProvenance(statement)?.committers).toEqual(['mallory']);
    const predicate = statement.predicate as { buildDefinition: object };
    const foreign = {
      ...predicate,
      buildDefinition: { ...predicate.buildDefinition, buildType: 'https://evil.example/build' },
    };
    expect(readProvenance({ ...statement, predicate: foreign })?.committers).toBeUndefined();
  });
});

describe('a decision that comes over Temporal', () => {
  it('without what the gateway took, of another promotion, or late, is nobody’s', async () => {
    const tickets = createDecisionTickets(own.db);
    const [key, other] = [await waiting(), await waiting()];
    const decider = { principal: 'ann', groups: [] };
    const taken = { environment: 'prod', key, verb: 'approve', reason: 'looked', decider } as const;
    const ticket = await tickets.take(taken);
    expect(await tickets.redeem(key, 'made up')).toEqual({ refused: expect.stringMatching(/at the gateway/) });
    expect(await tickets.redeem(other, ticket)).toEqual({ refused: expect.stringMatching(/at the gateway/) });
    expect(await tickets.redeem({ ...key, environment: 'staging' }, ticket)).toEqual({
      refused: expect.stringMatching(/at the gateway/),
    });
    expect(await tickets.redeem(key, ticket)).toMatchObject({ verb: 'approve', decider });
    expect(await tickets.redeem(key, ticket)).toMatchObject({ verb: 'approve', decider });
    // Nor the word of before a rejection on the promotion after it.
    await harbour.promotions.decide(key, { verb: 'reject', reason: 'no', decider: { principal: 'ben', groups: [] } });
    const [again] = await harbour.requestByPerson({ environment: 'prod', key, rollback: false, actor: 'ops' });
    expect(await tickets.redeem(again!.key, ticket)).toEqual({ refused: expect.stringMatching(/at the gateway/) });
    await sql`update decision_ticket set taken_at = now() - interval '61 minutes' where id = ${ticket}`.execute(own.db);
    expect(await tickets.redeem(key, ticket)).toEqual({ refused: expect.stringMatching(/at the gateway/) });
  });
});

describe('a policy', () => {
  let policies: TestDatabase;
  let harbourOf: Harbour;
  /** Nothing here asks for one. */
  const proofs = { confirm: () => Promise.reject(new Error('there is no proof')) };
  const asking = (version: number) => policyText(version, { rest: 'changes: { required: 2, groups: [owners] }' });
  const word = (principal: string, verb: 'approve' | 'reject' = 'approve', groups = ['owners']) => ({
    verb,
    reason: 'read it',
    decider: { principal, groups },
  });
  beforeAll(async () => {
    policies = await createTestDatabase();
    harbourOf = createHarbour(policies.db);
    await harbourOf.policies.activate(asking(10), 'policy.yaml', 'admin');
  });
  afterAll(() => policies.drop());
  let version = 10;
  beforeEach(() => {
    version += 1;
  });

  async function proposed(text = policyText(version), by = 'admin'): Promise<string> {
    const outcome = await harbourOf.policies.activate(text, 'policy.yaml', by);
    if (outcome.outcome !== 'proposed') throw new Error(`not proposed: ${JSON.stringify(outcome)}`);
    return outcome.proposal;
  }
  const inForce = async () => (await harbourOf.policies.current()).document.version;

  it('is not changed by one person: its author’s word, from whatever token, does not count', async () => {
    const id = await proposed();
    expect(await decideProposal(policies.db, proofs, id, word('admin'))).toEqual(refusal(/asked for it/));
    await createPrincipalDesk(policies.db).join({ principal: 'admin', kind: 'subject', value: 'admin-2' }, 'x');
    expect(await decideProposal(policies.db, proofs, id, word('admin-2'))).toEqual(refusal(/asked for it/));
    expect(await decideProposal(policies.db, proofs, id, word('ann'))).toMatchObject({ outcome: 'counted' });
    expect(await decideProposal(policies.db, proofs, id, word('ann'))).toMatchObject({ outcome: 'counted' });
    expect(await inForce()).toBe(10);
  });

  it('is not changed by people whom the policy in force does not ask, though the proposed one would', async () => {
    const id = await proposed(policyText(version, { rest: 'changes: { required: 1, groups: [friends] }' }));
    expect(await decideProposal(policies.db, proofs, id, word('eve', 'approve', ['friends']))).toEqual(
      refusal(/none of the groups/),
    );
    expect(await inForce()).toBe(10);
  });

  it('of a lower version is refused, also when it was once in force', async () => {
    expect(await harbourOf.policies.activate(policyText(9), 'policy.yaml', 'admin')).toEqual(refusal(/not higher/));
  });

  it('that somebody rejects is over, whoever agreed', async () => {
    const id = await proposed();
    await decideProposal(policies.db, proofs, id, word('ann'));
    expect(await decideProposal(policies.db, proofs, id, word('ben', 'reject'))).toMatchObject({
      outcome: 'ended',
      state: 'rejected',
    });
    expect(await decideProposal(policies.db, proofs, id, word('cas'))).toEqual(refusal(/rejected/));
    expect(await inForce()).toBe(10);
  });

  it('on disk, that nobody brought, changes nothing where the one in force enforces', async () => {
    expect(await harbourOf.policies.activateFile(policyText(version), 'policy.yaml', 'up')).toEqual(
      refusal(/nobody brought/),
    );
    const plain = await createTestDatabase();
    const { policies: store } = createHarbour(plain.db);
    expect(await store.activateFile(policyText(1), 'policy.yaml', 'up')).toMatchObject({ outcome: 'activated' });
    expect(await store.activateFile(policyText(2), 'policy.yaml', 'up')).toEqual(refusal(/enforces/));
    expect(await store.activate(policyText(2), 'policy.yaml', 'admin')).toMatchObject({ outcome: 'activated' });
    await plain.drop();
  });

  // Last: this one is in force afterwards.
  it('comes into force when enough others agree, and what was proposed against the old one must be asked again', async () => {
    const late = await proposed(policyText(version + 1));
    const id = await proposed();
    await decideProposal(policies.db, proofs, id, word('ann'));
    expect(await decideProposal(policies.db, proofs, id, word('ben'))).toMatchObject({ outcome: 'activated', version });
    expect(await inForce()).toBe(version);
    expect(await decideProposal(policies.db, proofs, late, word('ann'))).toMatchObject({
      outcome: 'ended',
      state: 'superseded',
    });
    expect((await listProposals(policies.db)).find((one) => one.id === id)).toMatchObject({
      state: 'active',
      proposedBy: 'admin',
      decisions: [{ principal: 'ann' }, { principal: 'ben' }],
    });
  });
});
