/** Somebody who can write rows, or has another's token, and wants an approval that its owner never gave. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmApprovals } from '../../activities/trust/confirm-approvals.ts';
import { createDecisionTickets } from '../../adapters/postgres/decision-tickets.ts';
import { createPasskeyBook } from '../../adapters/postgres/passkeys.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { type OpenApprovalProofs, openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import { parseApproverList } from '../../adapters/proof/parse-approver-list.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import { approvalNamespace, approvalText } from '../../domain/identity/approval-claim.ts';
import type { ExpectedClaim, ProofReference } from '../../domain/identity/approval-proof.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { TestPasskey } from '../fixtures/authenticator.ts';
import { openSshWorkshop, type TestSshKey } from '../fixtures/ssh-signer.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from '../integration/postgres/harbour.ts';

const workshop = openSshWorkshop();
const pages = { id: 'localhost', origin: 'http://localhost:8080', page: 'http://localhost:8080/approve' };
const passkeys = { ann: new TestPasskey(pages), ben: new TestPasskey(pages) };
const [ann, ben, mallory] = [workshop.key('ann'), workshop.key('ben'), workshop.key('mallory')];
let own: TestDatabase;
let harbour: Harbour;
let proofs: OpenApprovalProofs;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  proofs = openApprovalProofs(own.db, { issuers: [], audience: 'pratique', relyingParty: pages });
  const prod = ', production: true, approvals: { required: 1, notCommitter: false }';
  await harbour.policies.activate(policyText(1, { prod }), 'policy.yaml', 'test');
  const people = createPrincipalDesk(own.db);
  await people.join({ principal: 'ann', kind: 'ssh-key', value: ann.fingerprint }, 'admin');
  await people.join({ principal: 'ben', kind: 'ssh-key', value: ben.fingerprint }, 'admin');
  for (const [name, { id, publicKey, fingerprint }] of Object.entries(passkeys)) {
    const key = { ...{ id, publicKey, fingerprint, name }, relyingParty: pages.id, transports: [], signCount: 0 };
    await createPasskeyBook(own.db).register(name, key);
    await people.join({ principal: name, kind: 'webauthn', value: fingerprint }, 'admin');
  }
});
afterAll(async () => {
  workshop.close();
  await proofs.close();
  await own.drop();
});

async function waiting(): Promise<PromotionKey> {
  count += 1;
  return harbour.waitingForProd({ repository: 'shop', digest: digestOf(`proof ${count}`) });
}

const decisionOf = (key: PromotionKey): Digest => digestOf(`prod ${key.digest}`);
const claimOf = (key: PromotionKey, by = 'ann'): ExpectedClaim => ({
  ...{ verb: 'approve', about: workflowIds.promotion('prod', key), decision: decisionOf(key), by, reason: 'looked' },
});
/** As the gateway does it. */
async function prove(claim: ExpectedClaim, key: TestSshKey, minutesBehind = 0): Promise<ProofReference> {
  const statement = approvalText({ ...claim, at: new Date(Date.now() - minutesBehind * 60_000).toISOString() });
  return proofs.accept({ statement, signature: key.sign(statement, approvalNamespace) }, claim);
}
const touch = (claim: ExpectedClaim, key: TestPasskey, answer: Parameters<TestPasskey['assert']>[1] = {}) => {
  const statement = approvalText({ ...claim, at: new Date().toISOString() });
  return proofs.accept({ statement, assertion: key.assert(statement, answer) }, claim);
};
const decide = (key: PromotionKey, principal: string, proof?: ProofReference) =>
  harbour.promotions.decide(key, { verb: 'approve', reason: 'looked', decider: { principal, groups: [] }, proof });
/** What an intruder writes: the row of an approval that no gateway saw. */
async function forge(key: PromotionKey, principal: string, proof: ProofReference | null, decision = decisionOf(key)) {
  await sql`insert into approval (environment, repository, digest, decision_digest, principal, groups, verb, reason, proof)
    values ('prod', ${key.repository}, ${key.digest}, ${decision}, ${principal}, '[]', 'approve', 'looked',
      ${proof === null ? null : JSON.stringify(proof)}::jsonb)`.execute(own.db);
}
/** As the trust worker asks, before it signs an admission. */
async function confirm(key: PromotionKey, changes: { production?: boolean } = {}) {
  const environment = findEnvironment(await harbour.policies.current(), 'prod');
  if (environment === undefined) throw new Error('no prod');
  return confirmApprovals({ ...harbour, proofs }, key, { ...environment, ...changes }, decisionOf(key));
}
const codeOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    return await act;
  } catch (error) {
    return error instanceof ProofError ? error.code : error;
  }
};

describe('an approval where production enforces', () => {
  it('with the approver’s own proof counts, at the door and for the trust worker', async () => {
    const key = await waiting();
    const proof = await prove(claimOf(key), ann);
    expect(await decide(key, 'ann', proof)).toMatchObject({ outcome: 'counted', state: 'satisfied' });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect(await confirm(key)).toMatchObject({
      approvals: [{ approval: { principal: 'ann' }, proof: { kind: 'ssh', by: ann.fingerprint, shown: {} } }],
    });
  });

  it('is given when its owner says so, for the gateway as for the trust worker: by a clock that is behind not before a rejection', async () => {
    const key = await waiting();
    const decider = { principal: 'ben', groups: [] };
    expect(await harbour.promotions.decide(key, { verb: 'reject', reason: 'no', decider })).toMatchObject({
      state: 'rejected',
    });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ state: 'rejected' });
    const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ops', trace: null };
    const [start] = await harbour.request({ environment: 'prod', key, row });
    const again = start!.key;
    const late = await decide(again, 'ann', await prove(claimOf(key), ann, 3));
    expect(late).toEqual({ outcome: 'refused', reason: expect.stringMatching(/^ann decided at .*: decide again$/) });
    // Forged into its row, it gets no further: it is not reserved, copied and undone in vain.
    await forge(again, 'ann', await prove(claimOf(key), ann, 3));
    expect(await harbour.promotions.reserve(again, LEASE_SECONDS)).toMatchObject({
      outcome: 'waiting',
      for: 'approval',
    });
    expect(await confirm(again)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    expect(await decide(again, 'ann', await prove(claimOf(key), ann))).toMatchObject({ state: 'satisfied' });
    expect(await harbour.promotions.reserve(again, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect(await confirm(again)).toMatchObject({ approvals: [{ approval: { principal: 'ann' } }] });
  });

  it('of another decision, or of one who may not decide, is not stated beside those that let it in', async () => {
    const key = await waiting();
    await sql`update promotion set requested_by = 'cas' where digest = ${key.digest} and environment = 'prod'`.execute(
      own.db,
    );
    await forge(key, 'ann', null, digestOf('of findings of before'));
    await forge(key, 'cas', null);
    expect(await confirm(key, { production: false })).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    await forge(key, 'ben', null);
    const stated = await confirm(key, { production: false });
    expect(stated).toMatchObject({ approvals: [{ approval: { principal: 'ben', decisionDigest: decisionOf(key) } }] });
  });

  it('without one does not count, whoever wrote the row', async () => {
    const key = await waiting();
    expect(await decide(key, 'ann')).toEqual({ outcome: 'refused', reason: expect.stringMatching(/--ssh-key FILE/) });
    await forge(key, 'ann', null);
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'waiting', for: 'approval' });
    expect(await confirm(key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
  });

  it('forged in the database with a proof that is not there gets past the reservation, and no admission, and its owner can approve afterwards', async () => {
    const key = await waiting();
    await forge(key, 'ann', { kind: 'ssh', digest: digestOf('made up'), by: ann.fingerprint });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect(await confirm(key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    await harbour.promotions.releaseClaim(key, { state: 'waiting', reason: 'looked at again' });
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'waiting', for: 'approval' });
    expect(await decide(key, 'ann', await prove(claimOf(key), ann))).toMatchObject({ state: 'satisfied' });
    expect(await confirm(key)).toMatchObject({ approvals: [{ approval: { principal: 'ann' } }] });
    const { rows } = await sql<{ reason: string }>`select data ->> 'reason' as reason from outbox
      where type = 'promotion.approval-refused' and subject like ${`%${key.digest}`}`.execute(own.db);
    expect(rows).toEqual([{ reason: expect.stringMatching(/^ann: the proof sha256:.* is not in its place/) }]);
  });

  it('forged with the proof of another decision, of another promotion or of another person is not admitted', async () => {
    const [key, other] = [await waiting(), await waiting()];
    const earlier = await prove({ ...claimOf(key), decision: digestOf('what was found yesterday') }, ann);
    const elsewhere = await prove(claimOf(other), ann);
    const staging = await prove({ ...claimOf(key), about: workflowIds.promotion('staging', key) }, ann);
    const bens = await prove(claimOf(key, 'ben'), ben);
    const rejected = await prove({ ...claimOf(key), verb: 'reject' }, ann);
    for (const proof of [earlier, elsewhere, staging, bens, rejected]) {
      await forge(key, 'ann', proof);
      expect(await confirm(key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
      await sql`delete from approval where digest = ${key.digest}`.execute(own.db);
    }
  });

  it('proven by a key that was taken from its owner meanwhile is not admitted', async () => {
    const key = await waiting();
    await decide(key, 'ann', await prove(claimOf(key), ann));
    const people = createPrincipalDesk(own.db);
    await people.part({ kind: 'ssh-key', value: ann.fingerprint }, 'admin');
    expect(await confirm(key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    await people.join({ principal: 'ann', kind: 'ssh-key', value: ann.fingerprint }, 'admin');
  });

  it('given to one person’s token with another’s proof is refused at the gateway', async () => {
    const key = await waiting();
    const statement = approvalText({ ...claimOf(key), at: new Date().toISOString() });
    const given = { statement, signature: ann.sign(statement, approvalNamespace) };
    expect(await codeOf(proofs.accept(given, claimOf(key, 'ben')))).toBe('PROOF_OF_ANOTHER');
    expect(await codeOf(prove(claimOf(key, 'ben'), ann))).toBe('PROOF_NOT_THEIRS');
    expect(await codeOf(prove(claimOf(key), mallory))).toBe('PROOF_NOT_THEIRS');
  });

  it('comes over Temporal with the proof the gateway verified, and with no other', async () => {
    const key = await waiting();
    const tickets = createDecisionTickets(own.db);
    const proof = await prove(claimOf(key), ann);
    const decider = { principal: 'ann', groups: [] };
    const ticket = await tickets.take({ environment: 'prod', key, verb: 'approve', reason: 'looked', decider, proof });
    expect(await tickets.redeem(key, ticket)).toMatchObject({ proof });
    const bare = await tickets.take({ environment: 'prod', key, verb: 'approve', reason: 'looked', decider });
    const taken = await tickets.redeem(key, bare);
    expect('refused' in taken ? taken : await harbour.promotions.decide(key, taken)).toMatchObject({
      outcome: 'refused',
    });
  });

  it('where none is wanted counts without; a proof that does not verify is stated nowhere', async () => {
    const key = await waiting();
    await forge(key, 'ann', { kind: 'ssh', digest: digestOf('made up'), by: ann.fingerprint });
    expect(await confirm(key, { production: false })).toEqual({
      approvals: [{ approval: expect.objectContaining({ principal: 'ann' }), proof: undefined }],
    });
  });

  it('a rejection needs no proof: stopping is cheap', async () => {
    const key = await waiting();
    const decider = { principal: 'ben', groups: [] };
    expect(await harbour.promotions.decide(key, { verb: 'reject', reason: 'no', decider })).toMatchObject({
      state: 'rejected',
    });
  });
});

describe('a passkey', () => {
  it('of the approver counts, at the door and for the trust worker, who shows what anybody can verify', async () => {
    const key = await waiting();
    expect(await decide(key, 'ann', await touch(claimOf(key), passkeys.ann))).toMatchObject({ state: 'satisfied' });
    const { publicKey } = passkeys.ann;
    expect(await confirm(key)).toMatchObject({
      approvals: [{ proof: { kind: 'webauthn', by: passkeys.ann.fingerprint, shown: { assertion: { publicKey } } } }],
    });
  });

  it('of another person, on another page, unverified or behind its counter is refused at the door', async () => {
    const key = await waiting();
    expect(await codeOf(touch(claimOf(key), passkeys.ben))).toBe('PROOF_NOT_THEIRS');
    for (const answer of [{ origin: 'https://evil.test' }, { flags: 0x01 }, { count: 0 }])
      expect(await codeOf(touch(claimOf(key), passkeys.ann, answer))).toBe('PROOF_INVALID');
  });

  it('put into the database with its answer to another decision or another place is not admitted', async () => {
    const [key, other] = [await waiting(), await waiting()];
    const earlier = await touch({ ...claimOf(key), decision: digestOf('yesterday') }, passkeys.ann);
    const elsewhere = await touch(claimOf(other), passkeys.ann);
    const staging = await touch({ ...claimOf(key), about: workflowIds.promotion('staging', key) }, passkeys.ann);
    const bens = await touch(claimOf(key, 'ben'), passkeys.ben);
    for (const proof of [earlier, elsewhere, staging, bens]) {
      await forge(key, 'ann', proof);
      expect(await confirm(key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
      await sql`delete from approval where digest = ${key.digest}`.execute(own.db);
    }
  });

  it('whose row was given another key proves for that key, which is nobody’s', async () => {
    const key = await waiting();
    const stranger = new TestPasskey(pages);
    await sql`update passkey set public_key = ${stranger.publicKey} where id = ${passkeys.ann.id}`.execute(own.db);
    const statement = approvalText({ ...claimOf(key), at: new Date().toISOString() });
    const assertion = { ...stranger.assert(statement), credential: passkeys.ann.id };
    expect(await codeOf(proofs.accept({ statement, assertion }, claimOf(key)))).toBe('PROOF_NOT_THEIRS');
    await sql`update passkey set public_key = ${passkeys.ann.publicKey} where id = ${passkeys.ann.id}`.execute(own.db);
  });
});

describe('a trust worker with a list of approvers of its own', () => {
  const listed = (required: Record<string, number> = {}) =>
    openApprovalProofs(own.db, {
      ...{ issuers: [], audience: 'pratique', relyingParty: pages },
      list: parseApproverList(
        JSON.stringify({
          approvers: {
            ann: {
              groups: ['release'],
              subjects: ['ann-laptop'],
              sshKeys: [ann.fingerprint],
              passkeys: [passkeys.ann.fingerprint],
            },
            ben: { sshKeys: [ben.fingerprint] },
          },
          required,
        }),
        'approvers.yaml',
      ),
    });
  async function confirmBy(list: OpenApprovalProofs, key: PromotionKey, changes: object = {}) {
    const environment = findEnvironment(await harbour.policies.current(), 'prod');
    if (environment === undefined) throw new Error('no prod');
    return confirmApprovals({ ...harbour, proofs: list }, key, { ...environment, ...changes }, decisionOf(key));
  }

  it('counts whom it lists, by key and by passkey', async () => {
    const list = listed();
    for (const proven of [
      (claim: ExpectedClaim) => prove(claim, ann),
      (claim: ExpectedClaim) => touch(claim, passkeys.ann),
    ]) {
      const key = await waiting();
      await decide(key, 'ann', await proven(claimOf(key)));
      expect(await confirmBy(list, key)).toMatchObject({
        approvals: [{ approval: { principal: 'ann', groups: ['release'] } }],
      });
    }
    await list.close();
  });

  it('counts no key that only the database calls somebody’s', async () => {
    const [key, list] = [await waiting(), listed()];
    await sql`insert into principal_alias (kind, value, subject) values ('ssh-key', ${mallory.fingerprint}, 'ann')`.execute(
      own.db,
    );
    await decide(key, 'ann', await prove(claimOf(key), mallory));
    expect(await confirm(key)).toMatchObject({ approvals: [{}] });
    expect(await confirmBy(list, key)).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    const { rows } = await sql<{ reason: string }>`select data ->> 'reason' as reason from outbox
      where type = 'promotion.approval-refused' and subject like ${`%${key.digest}`}`.execute(own.db);
    expect(rows).toEqual([{ reason: expect.stringMatching(/in no list of approvers that the trust worker has/) }]);
    await sql`delete from principal_alias where value = ${mallory.fingerprint}`.execute(own.db);
    await list.close();
  });

  it('counts one person once, and in their own groups, whatever the database makes of them', async () => {
    const [key, list] = [await waiting(), listed({ prod: 2 })];
    const laptop = await prove(claimOf(key), ann);
    await decide(key, 'ann', laptop);
    await sql`insert into principal_alias (kind, value, subject) values ('subject', 'ann-laptop', 'ann')`.execute(
      own.db,
    );
    const other = await touch(claimOf(key, 'ann-laptop'), passkeys.ann);
    await sql`delete from principal_alias where value = 'ann-laptop'`.execute(own.db);
    await forge(key, 'ann-laptop', other);
    expect(await confirmBy(list, key)).toEqual({ refused: expect.stringMatching(/1 of 2 given/) });
    const approvals = { required: 1, groups: ['release'], notCommitter: false, expiresAfter: 3600, remindAfter: 60 };
    await forge(key, 'ben', await prove(claimOf(key, 'ben'), ben));
    await sql`update approval set groups = '["release"]' where digest = ${key.digest}`.execute(own.db);
    expect(await confirmBy(list, key, { approvals })).toEqual({ refused: expect.stringMatching(/1 of 2 given/) });
    await list.close();
  });

  it('lets nothing in without the approvals it requires, where the policy was replaced by one that asks nobody', async () => {
    const [key, list] = [await waiting(), listed({ prod: 1 })];
    expect(await confirmBy(list, key, { approvals: undefined })).toEqual({
      refused: expect.stringMatching(/policy in force asks for none/),
    });
    const lax = {
      required: 1,
      groups: [],
      notCommitter: false,
      proof: 'optional',
      expiresAfter: 3600,
      remindAfter: 60,
    };
    await forge(key, 'ann', null);
    expect(await confirmBy(list, key, { approvals: lax })).toEqual({ refused: expect.stringMatching(/0 of 1 given/) });
    await list.close();
  });
});
