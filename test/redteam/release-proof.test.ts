/** Somebody with another's token, or who can write rows, and wants an artifact let out of quarantine in their name. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmRelease } from '../../activities/trust/confirm-release.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { type OpenApprovalProofs, openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { approvalNamespace, approvalText } from '../../domain/identity/approval-claim.ts';
import type { ExpectedClaim, ProofReference } from '../../domain/identity/approval-proof.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { openSshWorkshop } from '../fixtures/ssh-signer.ts';
import { createHarbour, digestOf, type Harbour, policyText } from '../integration/postgres/harbour.ts';

const workshop = openSshWorkshop();
const ben = workshop.key('ben');
let own: TestDatabase;
let harbour: Harbour;
let proofs: OpenApprovalProofs;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  proofs = openApprovalProofs(own.db, { issuers: [], audience: 'pratique' });
  await harbour.policies.activate(policyText(1, { prod: ', production: true' }), 'policy.yaml', 'test');
  await createPrincipalDesk(own.db).join({ principal: 'ben', kind: 'ssh-key', value: ben.fingerprint }, 'admin');
});
afterAll(async () => {
  workshop.close();
  await proofs.close();
  await own.drop();
});

/** Quarantined, and its release asked for. */
async function asked(): Promise<{ digest: Digest; request: string }> {
  count += 1;
  const digest = digestOf(`release ${count}`);
  await harbour.push({ repository: 'shop', digest });
  const { id } = await harbour.incidents.open({
    selector: { kind: 'digest', value: digest },
    reason: 'a leak',
    actor: 'r',
  });
  await harbour.quarantines.confirm({ digest, incident: id }, { readBacks: 2, environments: [] });
  const outcome = await harbour.incidents.requestRelease({ digest, reason: 'rebuilt', actor: 'ann' });
  if (outcome.outcome !== 'waiting') throw new Error('not asked');
  return { digest, request: outcome.request };
}
const claimOf = (request: string, decision: Digest): ExpectedClaim => ({
  ...{ verb: 'approve', about: `release/${request}`, decision, by: 'ben', reason: 'agreed' },
});
async function prove(claim: ExpectedClaim): Promise<ProofReference> {
  const statement = approvalText({ ...claim, at: new Date().toISOString() });
  return proofs.accept({ statement, signature: ben.sign(statement, approvalNamespace) }, claim);
}
const decide = (request: string, proof?: ProofReference) =>
  harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor: 'ben', proof });
/** As the trust worker finds it, before it states the release. */
async function stated(digest: Digest) {
  const policy = await harbour.policies.current();
  const record = (await harbour.incidentRecords.of(digest)).find(({ kind }) => kind === 'release');
  return record?.kind === 'release' ? confirmRelease(proofs, policy, digest, record) : 'no release';
}

describe('a release where production enforces', () => {
  it('with the approver’s own proof lets it out, and is stated with it', async () => {
    const { digest, request } = await asked();
    expect(await decide(request, await prove(claimOf(request, digest)))).toMatchObject({ outcome: 'released' });
    expect(await stated(digest)).toMatchObject({
      ...{
        approvers: ['ben'],
        decision: { request, by: 'ben', proof: { by: ben.fingerprint, signature: expect.any(String) } },
      },
    });
  });

  it('without one lets nothing out; a rejection needs none', async () => {
    const { digest, request } = await asked();
    expect(await decide(request)).toEqual({ outcome: 'unproven', reason: expect.stringMatching(/prod enforces/) });
    expect(await stated(digest)).toBe('no release');
    const rejection = { request, verb: 'reject', reason: 'no', actor: 'ben' } as const;
    expect(await harbour.incidents.decideRelease(rejection)).toMatchObject({ outcome: 'rejected' });
  });

  it('written into the database without a proof, or with that of another release, is stated nowhere', async () => {
    const [mine, other] = [await asked(), await asked()];
    const elsewhere = await prove(claimOf(other.request, other.digest));
    const forge = (decision: object | null) =>
      sql`
      insert into incident_excusal (incident, digest, evidence, requested_by, approvers, reason, decision)
      select incident, digest, '{}', 'ann', '["ben"]', 'rebuilt', ${decision === null ? null : JSON.stringify(decision)}::jsonb
      from release_request where id = ${mine.request}
      on conflict (incident, digest) do update set decision = excluded.decision`.execute(own.db);
    const said = { request: mine.request, digest: mine.digest, by: 'ben', reason: 'agreed', proof: elsewhere };
    for (const decision of [null, said, { ...said, by: 'ann' }]) {
      await forge(decision);
      expect(await stated(mine.digest)).toBeUndefined();
    }
    await forge({ ...said, proof: await prove(claimOf(mine.request, mine.digest)) });
    expect(await stated(mine.digest)).toMatchObject({ decision: { request: mine.request } });
    // Another's proof of another release, told truly, says nothing about this artifact.
    await forge({ ...said, request: other.request, digest: other.digest, proof: elsewhere });
    expect(await stated(mine.digest)).toBeUndefined();
  });

  it('where none is wanted is stated without; a proof that does not verify is left out', async () => {
    const { digest, request } = await asked();
    await decide(request, await prove(claimOf(request, digest)));
    const record = (await harbour.incidentRecords.of(digest)).find(({ kind }) => kind === 'release');
    const policy = await harbour.policies.current();
    const lax = { ...policy, document: { ...policy.document, environments: [] } };
    if (record?.kind !== 'release' || record.decision === undefined) throw new Error('no release');
    const wrong = { ...record, decision: { ...record.decision, reason: 'another' } };
    expect(await confirmRelease(proofs, lax, digest, wrong)).not.toHaveProperty('decision');
    expect(await confirmRelease(proofs, lax, digest, record)).toHaveProperty('decision');
  });
});
