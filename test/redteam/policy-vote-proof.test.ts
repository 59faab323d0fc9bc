/** Somebody with another's token, or who can write rows, and wants another policy in force in their name. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decideProposal, listProposals } from '../../adapters/postgres/policy-proposals.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { type OpenApprovalProofs, openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { approvalNamespace, approvalText } from '../../domain/identity/approval-claim.ts';
import type { ExpectedClaim, ProofReference } from '../../domain/identity/approval-proof.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { openSshWorkshop } from '../fixtures/ssh-signer.ts';
import { createHarbour, type Harbour, policyText } from '../integration/postgres/harbour.ts';

const workshop = openSshWorkshop();
const keys = { ann: workshop.key('ann'), ben: workshop.key('ben') } as const;
type Person = keyof typeof keys;
let own: TestDatabase;
let harbour: Harbour;
let proofs: OpenApprovalProofs;
let version = 1;
const changing = (more = '') => ({
  ...{ prod: ', production: true', rest: `changes: { required: 2, groups: [owners]${more} }` },
});

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  proofs = openApprovalProofs(own.db, { issuers: [], audience: 'pratique' });
  await harbour.policies.activate(policyText(version, changing()), 'policy.yaml', 'admin');
  const people = createPrincipalDesk(own.db);
  for (const [principal, { fingerprint }] of Object.entries(keys))
    await people.join({ principal, kind: 'ssh-key', value: fingerprint }, 'admin');
});
afterAll(async () => {
  workshop.close();
  await proofs.close();
  await own.drop();
});
beforeEach(() => {
  version += 1;
});

interface Proposed {
  readonly id: string;
  readonly digest: Digest;
}
async function proposed(changes = changing()): Promise<Proposed> {
  const outcome = await harbour.policies.activate(policyText(version, changes), 'policy.yaml', 'admin');
  if (outcome.outcome !== 'proposed') throw new Error(`not proposed: ${JSON.stringify(outcome)}`);
  return { id: outcome.proposal, digest: outcome.digest as Digest };
}
const claimOf = (who: Person, { id, digest }: Proposed): ExpectedClaim => ({
  ...{ verb: 'approve', about: `policy-proposal/${id}`, decision: digest, by: who, reason: 'read it' },
});
async function prove(who: Person, about: Proposed): Promise<ProofReference> {
  const claim = claimOf(who, about);
  const statement = approvalText({ ...claim, at: new Date().toISOString() });
  return proofs.accept({ statement, signature: keys[who].sign(statement, approvalNamespace) }, claim);
}
const vote = (principal: string, { id }: Proposed, proof?: ProofReference, verb: 'approve' | 'reject' = 'approve') =>
  decideProposal(own.db, proofs, id, {
    ...{ verb, reason: 'read it', proof },
    decider: { principal, groups: ['owners'] },
  });
const inForce = async () => (await harbour.policies.current()).document.version;
/** As somebody who can write rows leaves it. */
const forge = (principal: string, { id }: Proposed, proof: ProofReference | null) =>
  own.db
    .insertInto('policy_decision')
    .values({
      ...{ proposal: id, principal, groups: JSON.stringify(['owners']), verb: 'approve', reason: 'read it' },
      proof: proof === null ? null : JSON.stringify(proof),
    })
    .execute();

describe('a word on a policy where production enforces', () => {
  it('with the proof of each who agrees puts it in force, and is told with it', async () => {
    const what = await proposed();
    expect(await vote('ann', what, await prove('ann', what))).toMatchObject({ outcome: 'counted' });
    expect(await vote('ben', what, await prove('ben', what))).toMatchObject({ outcome: 'activated' });
    expect(await inForce()).toBe(version);
    const [newest] = await listProposals(own.db);
    expect(newest?.decisions).toMatchObject([
      { principal: 'ann', proof: { kind: 'ssh', by: keys.ann.fingerprint } },
      { principal: 'ben', proof: { kind: 'ssh', by: keys.ben.fingerprint } },
    ]);
    const told = await own.db
      .selectFrom('outbox')
      .select('data')
      .where('subject', '=', `policy-proposal/${what.id}`)
      .where('type', '=', 'policy.decided')
      .execute();
    expect(told.map(({ data }) => data)).toMatchObject([{ proof: { by: keys.ann.fingerprint } }, { proof: {} }]);
  });

  it('without one agrees to nothing; a rejection needs none', async () => {
    const before = await inForce();
    const what = await proposed();
    expect(await vote('ann', what)).toEqual({
      outcome: 'unproven',
      reason: expect.stringMatching(/proof of your own/),
    });
    expect(await vote('ben', what, undefined, 'reject')).toMatchObject({ outcome: 'ended', state: 'rejected' });
    expect(await inForce()).toBe(before);
  });

  it('written into the database without a proof, or with that of another policy or person, makes no quorum', async () => {
    const before = await inForce();
    const other = await proposed(changing(', expiresAfter: P1D'));
    const elsewhere = await prove('ann', other);
    for (const proof of [null, elsewhere]) {
      version += 1;
      const what = await proposed();
      await forge('ann', what, proof);
      expect(await vote('ben', what, await prove('ben', what))).toMatchObject({ outcome: 'counted' });
    }
    version += 1;
    const what = await proposed();
    await forge('ann', what, await prove('ben', what));
    expect(await vote('ben', what, await prove('ben', what))).toMatchObject({ outcome: 'counted' });
    expect(await inForce()).toBe(before);
  });

  it('counts no more when the key that proved it is taken away, until it is given anew', async () => {
    const people = createPrincipalDesk(own.db);
    const alias = { principal: 'ann', kind: 'ssh-key', value: keys.ann.fingerprint } as const;
    const what = await proposed();
    await vote('ann', what, await prove('ann', what));
    await people.part(alias, 'admin');
    expect(await vote('ben', what, await prove('ben', what))).toMatchObject({ outcome: 'counted' });
    await people.join(alias, 'admin');
    expect(await vote('ann', what, await prove('ann', what))).toMatchObject({ outcome: 'activated' });
  });
});

it('a policy that says so takes the word of a token, as before; one without production too', async () => {
  const lax = await proposed(changing(', proof: optional'));
  await vote('ann', lax, await prove('ann', lax));
  expect(await vote('ben', lax, await prove('ben', lax))).toMatchObject({ outcome: 'activated' });
  version += 1;
  const next = await proposed({ ...changing(), prod: '' });
  await vote('ann', next);
  expect(await vote('ben', next)).toMatchObject({ outcome: 'activated' });
  version += 1;
  const last = await proposed();
  expect(await vote('ann', last)).toMatchObject({ outcome: 'counted' });
});
