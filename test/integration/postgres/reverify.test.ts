/** What a revocation comes to, once everything that relied on it was judged again: what stands, what fell, and what is taken out. */
import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { registerOwnIdentities } from '../../../adapters/postgres/own-identities.ts';
import { registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { readTimeline } from '../../../adapters/postgres/read-timeline.ts';
import { readVerdicts } from '../../../adapters/postgres/read-verdicts.ts';
import { createReverifyBook } from '../../../adapters/postgres/reverify-book.ts';
import { createLocalSigner } from '../../../adapters/sigstore/local-signer.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import { identityName } from '../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText, signerOf } from './harbour.ts';

let own: TestDatabase | undefined;
let harbour: Harbour;
const FROM = '2026-06-01T00:00:00.000Z';

beforeEach(async () => {
  await own?.drop();
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
});
afterAll(() => own?.drop());

const { value } = signerOf('ci');
const desk = () => createKeyDesk(own!.db, async () => undefined);
const book = () => createReverifyBook(own!.db, () => harbour.policies.current());
const revoke = (from: string | undefined = undefined, what: string = value) =>
  desk().revoke({ kind: 'signer', value: what, reason: 'stolen', from }, 'ada');
async function requested(): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from reverification order by requested_at desc limit 1`.execute(
    own!.db,
  );
  return rows[0]!.id;
}

/** Live in dev, signed by `ci`; at a proven time, where one is given. */
async function live(name: string, signedAt?: string): Promise<Digest> {
  const digest = digestOf(name);
  await harbour.liveInDev({ repository: name, digest });
  const record = harbour.signedBy('ci', digest);
  const verification = { ...record.verification, ...(signedAt === undefined ? {} : { signedAt }) };
  await harbour.evidence.record(name, [{ ...record, verification } as typeof record]);
  return digest;
}

/** As its pipeline does: closes what the revocation opened, with a verdict. */
async function judgeAgain(name: string, admitted: boolean): Promise<void> {
  await harbour.judge({ repository: name, digest: digestOf(name) }, 'dev', {
    admitted,
    decision: `${name} again`,
    generation: 2,
  });
  await sql`update generation set state = 'closed', closed_at = now() where repository = ${name}`.execute(own!.db);
}

/** As the trust worker judges it for dev, under the policy in force. */
async function judgeForDev(name: string): Promise<void> {
  const key = { repository: name, digest: digestOf(name) };
  const policy = await harbour.policies.current();
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  const environment = findEnvironment(policy, 'dev')!;
  const now = new Date().toISOString();
  await harbour.verdicts.record(evaluateVerdict({ policy, environment, judged, now, sha256: sha256Digest }), 1);
}

describe('a revocation', () => {
  test('is told by its code, where a gate refuses what the key signed: in the verdict that is shown, and in the timeline', async () => {
    const publicKey = createLocalSigner(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      'ci',
    ).publicKeyPem;
    const signers = `signers: [{ name: ci, publicKey: ${JSON.stringify(publicKey)} }]`;
    const dev = ', mode: enforce';
    const text = policyText(1, { dev, rest: signers }).replace(
      '{ gate: digest }',
      '{ gate: signature, signers: [ci] }',
    );
    await harbour.policies.activate(text, 'policy.yaml', 'test');
    const { keyIds } = await harbour.policies.current();
    const key = { repository: 'shop', digest: digestOf('shop') };
    await harbour.push(key);
    const identity = { kind: 'key', keyId: keyIds.ci! } as const;
    const verification = { outcome: 'verified', identity } as const;
    await harbour.evidence.record('shop', [harbour.signedBy('ci', key.digest, { verification })]);
    await judgeForDev('shop');
    expect((await readVerdicts(own!.db, key))[0]).toMatchObject({ outcome: 'pass' });
    await revoke(undefined, `key:${keyIds.ci}`);
    await judgeForDev('shop');
    const [shown] = await readVerdicts(own!.db, key);
    expect(shown).toMatchObject({
      outcome: 'fail',
      gates: [
        {
          reason: expect.stringMatching(/1 refused: SIGNER_REVOKED\)$/),
          details: [expect.stringMatching(/: refused \(SIGNER_REVOKED\): signed by signer "ci", which is revoked$/)],
        },
      ],
    });
    const { items } = await readTimeline(own!.db, key, { limit: 50, after: undefined });
    expect(items.filter(({ type }) => type === 'artifact.judged-for').at(-1)?.data).toMatchObject({
      gates: [{ verdict: 'fail', reason: shown!.gates[0]!.reason }],
    });
  });

  test('waits for everything that relied on it, then says what stands, by what, and what fell', async () => {
    await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
    await live('proven', '2026-05-01T00:00:00.000Z');
    await live('otherwise');
    await live('fallen', '2026-07-01T00:00:00.000Z');
    await revoke(FROM);
    const id = await requested();
    expect(await book().waiting(id)).toBe(3);
    await judgeAgain('proven', true);
    await judgeAgain('otherwise', true);
    expect(await book().waiting(id)).toBe(1);
    await judgeAgain('fallen', false);
    expect(await book().waiting(id)).toBe(0);
    expect(await book().conclude(id)).toEqual({ stood: 2, fell: 1, incidents: [] });
    expect(await book().conclude(id)).toEqual({ stood: 2, fell: 1, incidents: [] });
    const [listed] = await desk().listRevocations();
    expect(listed?.reverified).toMatchObject({
      waiting: 0,
      stood: [
        { repository: 'otherwise', environment: 'dev', because: 'other evidence' },
        { repository: 'proven', environment: 'dev', because: 'proof of time' },
      ],
      fell: [{ repository: 'fallen', environment: 'dev', live: true, reason: 'digest: another one' }],
    });
    const { rows } = await sql<{ data: object }>`select data from outbox where type = 'key.reverified'`.execute(
      own!.db,
    );
    expect(rows).toMatchObject([{ data: { kind: 'signer', value, stood: 2, fell: 1 } }]);
  });

  test.each([
    ['where the policy says so, once', '[dev]', 1],
    ['not in another environment', '[prod]', 0],
  ])('opens an incident for what fell and is live %s', async (_, environments, count) => {
    const rest = `revocationIncidents: [{ environments: ${environments} }]`;
    await harbour.policies.activate(policyText(1, { rest }), 'policy.yaml', 'test');
    const digest = await live('fallen');
    await live('standing');
    await revoke();
    const id = await requested();
    await judgeAgain('fallen', false);
    await judgeAgain('standing', true);
    const { incidents } = await book().conclude(id);
    expect(incidents).toHaveLength(count);
    expect((await book().conclude(id)).incidents).toEqual(incidents);
    const { rows } = await sql`select 1 from artifact_fence where digest = ${digest} and state = 'fenced'`.execute(
      own!.db,
    );
    expect(rows).toHaveLength(count);
  });

  test('of a key of ours says what was let in with it, and stops it', async () => {
    await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
    const ownKey = signerOf('admission').value;
    await registerOwnKeys(own!.db, [{ keyId: ownKey.slice(4), name: 'admission-dev', publicKeyPem: 'x' }]);
    const digest = await live('shop');
    await harbour.evidence.record('dev/shop', [{ ...harbour.signedBy('admission', digest), origin: 'own' }]);
    await revoke(undefined, ownKey);
    expect(await book().conclude(await requested())).toEqual({ stood: 0, fell: 1, incidents: [] });
    const [listed] = await desk().listRevocations();
    expect(listed?.reverified?.fell).toMatchObject([
      {
        repository: 'dev/shop',
        environment: 'dev',
        live: true,
        reason: expect.stringMatching(/pratique key rotate admission-dev/),
      },
    ]);
    expect((await desk().listOwn())[0]).toMatchObject({ state: 'revoked', inUse: false });
  });

  test('of an identity of ours says it too', async () => {
    await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
    const [stolen, other] = ['stolen', 'other'].map(
      (name) => ({ kind: 'certificate', subject: `${name}@example.com`, issuer: 'https://issuer.example' }) as const,
    );
    await registerOwnIdentities(own!.db, [stolen!, other!]);
    for (const [name, identities] of [
      ['alone', [stolen!]],
      ['covered', [stolen!, other!]],
    ] as const) {
      const digest = await live(name);
      const admissions = identities.map((identity) => ({
        ...harbour.signedBy(identity.subject, digest),
        ...({ origin: 'own', verification: { outcome: 'verified', identity } } as const),
      }));
      await harbour.evidence.record(`dev/${name}`, admissions);
    }
    await revoke(undefined, identityName(stolen!));
    expect(await book().conclude(await requested())).toEqual({ stood: 1, fell: 1, incidents: [] });
    expect((await desk().listRevocations())[0]?.reverified?.fell).toMatchObject([
      { repository: 'dev/alone', live: true, reason: expect.stringMatching(/PRATIQUE_SIGNING_IDENTITIES/) },
    ]);
  });

  test('of our evidence key says it of an index, whose platforms have the documents: each of them must stand', async () => {
    await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
    const [stolen, other] = [signerOf('stolen').value, signerOf('other').value];
    for (const key of [stolen, other])
      await registerOwnKeys(own!.db, [{ keyId: key.slice(4), name: 'evidence', publicKeyPem: 'x' }]);
    const sbom = { origin: 'own', predicateType: predicateTypes.cycloneDx } as const;
    for (const [name, again] of [
      ['covered', ['amd64', 'arm64']],
      ['half', ['amd64']],
    ] as const) {
      const platforms = ['amd64', 'arm64'].map((platform) => digestOf(`${name} ${platform}`));
      await harbour.liveInDev({ repository: name, digest: digestOf(name) }, { children: platforms });
      for (const platform of platforms)
        await harbour.evidence.record(`dev/${name}`, [harbour.signedBy('stolen', platform, sbom)]);
      for (const platform of again)
        await harbour.evidence.record(`dev/${name}`, [
          harbour.signedBy('other', digestOf(`${name} ${platform}`), sbom),
        ]);
    }
    await revoke(undefined, stolen);
    expect(await book().conclude(await requested())).toEqual({ stood: 1, fell: 1, incidents: [] });
    expect((await desk().listRevocations())[0]?.reverified).toMatchObject({
      stood: [{ repository: 'dev/covered', digest: digestOf('covered'), because: 'other evidence' }],
      fell: [{ repository: 'dev/half', digest: digestOf('half'), live: true }],
    });
  });
});
