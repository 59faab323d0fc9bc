/** A policy that nobody whom the one in force names has signed: on disk, or brought with a stolen administrator's token. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { listProposals } from '../../adapters/postgres/policy-proposals.ts';
import { START_UP } from '../../adapters/postgres/policy-store.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { approvalNamespace } from '../../domain/identity/approval-claim.ts';
import { policyNamespace } from '../../domain/policy/policy-signer.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { openSshWorkshop } from '../fixtures/ssh-signer.ts';
import { createHarbour, type Harbour, policyText } from '../integration/postgres/harbour.ts';

const workshop = openSshWorkshop();
const [owner, stranger] = [workshop.key('owner'), workshop.key('stranger')];
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const signers = (more = '') =>
  `policySigners:\n  - { name: owner, sshKey: '${owner.fingerprint}' }\n  - name: platform\n    publicKey: |\n${pem.trim().replace(/^/gm, '      ')}\n${more}`;
const audit = (version: number) => {
  const mode = ', mode: audit';
  return policyText(version, { dev: mode, staging: mode, prod: mode, rest: signers() });
};
const enforced = (version: number, more = '') => policyText(version, { rest: signers(more) });
const signedBy = (text: string, key = owner, namespace: string = policyNamespace) => key.sign(text, namespace);
const withKey = (text: string, key = pair.privateKey) =>
  sign('sha256', Buffer.from(text), createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))).toString('base64');

const databases: TestDatabase[] = [];
let own: TestDatabase;
let harbour: Harbour;
beforeEach(async () => {
  own = await createTestDatabase();
  databases.push(own);
  harbour = createHarbour(own.db);
});
afterAll(async () => {
  workshop.close();
  for (const database of databases) await database.drop();
});
const byFile = (text: string, signature?: string) =>
  harbour.policies.activateFile(text, 'policy.yaml', START_UP, signature);
const byAdmin = (text: string, signature?: string) =>
  harbour.policies.activate(text, 'policy.yaml', 'admin', signature);
const unsigned = { outcome: 'unsigned', reason: expect.stringMatching(/owner or platform.*policy sign policy.yaml/) };

describe('a policy that enforces and names who signs the next one', () => {
  it('is replaced by what they signed, on disk or brought, and the row says by whom', async () => {
    await byFile(enforced(1));
    expect(await byFile(enforced(2), signedBy(enforced(2)))).toMatchObject({ outcome: 'activated', version: 2 });
    expect(await byAdmin(enforced(3), withKey(enforced(3)))).toMatchObject({ outcome: 'activated', version: 3 });
    const { rows } = await sql`select version, activated_by, signed_by from policy order by version`.execute(own.db);
    expect(rows).toEqual([
      { version: 1, activated_by: 'up', signed_by: null },
      { version: 2, activated_by: 'up', signed_by: 'owner' },
      { version: 3, activated_by: 'admin', signed_by: 'platform' },
    ]);
  });

  it('is not replaced by what nobody signed, whoever brings it', async () => {
    await byFile(enforced(1));
    expect(await byFile(enforced(2))).toEqual(unsigned);
    expect(await byAdmin(enforced(2))).toEqual(unsigned);
    expect((await harbour.policies.current()).document.version).toBe(1);
  });

  it('is not replaced by what a stranger signed, what was signed for something else, or what was changed afterwards', async () => {
    await byFile(enforced(1));
    const text = enforced(2);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const signature of [
      signedBy(text, stranger),
      signedBy(text, owner, approvalNamespace),
      signedBy(text, owner, 'git'),
      signedBy(`${text}\n# more`),
      signedBy(enforced(3)),
      withKey(text, other),
      withKey(`${text} `),
      'not a signature: at all',
      '',
      'A'.repeat(20_000),
    ]) {
      expect(await byFile(text, signature)).toEqual(unsigned);
      expect(await byAdmin(text, signature)).toEqual(unsigned);
    }
  });

  it('is not replaced by one that brings its own signers', async () => {
    await byFile(enforced(1));
    const text = enforced(2).replace(owner.fingerprint, stranger.fingerprint);
    expect(await byAdmin(text, signedBy(text, stranger))).toEqual(unsigned);
  });

  it('goes back to no version that was signed once', async () => {
    await byFile(enforced(1));
    const old = signedBy(enforced(2));
    await byFile(enforced(3), signedBy(enforced(3)));
    expect(await byAdmin(enforced(2), old)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/not higher/),
    });
  });
});

it('outside of enforce a file needs no signature', async () => {
  await byFile(audit(1));
  expect(await byFile(audit(2))).toMatchObject({ outcome: 'activated' });
  expect(await byAdmin(audit(3))).toMatchObject({ outcome: 'activated' });
});

it('where others must agree, a signature brings a file before them, and is no agreement: its signer does not count', async () => {
  await createPrincipalDesk(own.db).join({ principal: 'olga', kind: 'ssh-key', value: owner.fingerprint }, 'admin');
  const asking = (version: number) => enforced(version, 'changes: { required: 1 }');
  await byFile(asking(1));
  expect(await byFile(asking(2))).toEqual(unsigned);
  expect(await byFile(asking(2), signedBy(asking(2)))).toMatchObject({ outcome: 'proposed' });
  expect(await byAdmin(asking(3))).toMatchObject({ outcome: 'proposed' });
  const proposed = await listProposals(own.db);
  expect(proposed.map(({ version, proposedBy }) => [version, proposedBy]).toSorted()).toEqual([
    [2, 'olga'],
    [3, 'admin'],
  ]);
});
