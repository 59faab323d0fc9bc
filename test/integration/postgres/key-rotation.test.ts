/** A key in the place of another, with real keys, rows and bundles: what is signed again, what is not, and who can have it done. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { TrustActivities } from '../../../activities/trust/activities.ts';
import { auditKeys } from '../../../activities/trust/audited-keys.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { createKeyUseLog, listKeyUses } from '../../../adapters/postgres/key-use-log.ts';
import { createBundleSigner } from '../../../adapters/sigstore/bundle-signer.ts';
import { openKey } from '../../../adapters/sigstore/local-key-ring.ts';
import { type Registry, RegistryError } from '../../../domain/artifact/registry.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { createOwnKeys } from '../../../services/worker/own-keys.ts';
import { ensureTwins } from '../../../services/worker/post-quantum-keys.ts';
import { buildImage, pushImage } from '../../images.ts';
import { policyText } from './harbour.ts';
import {
  admission,
  checkpoint,
  desk,
  folder,
  harbour,
  inActivity,
  live,
  own,
  PASSPHRASE,
  read,
  registry,
  request,
  signedBy,
  startTrustWorker,
  useRotationStage,
} from './rotation-stage.ts';

useRotationStage();

describe('a rotation', () => {
  test('signs what is live with the new key, then retires the old one; it may be begun and gone through twice', async () => {
    const trust = await startTrustWorker();
    const { digest } = await live(trust, 'shop');
    const id = await request();
    expect(await read(id)).toMatchObject({ state: 'requested', remaining: 1, signed: 0 });
    await inActivity(() => trust.beginRotation(id));
    await inActivity(() => trust.beginRotation(id));
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual([]);
    expect(await inActivity(() => trust.resignLive(id, 1))).toEqual({ looked: 1 });
    expect(await inActivity(() => trust.resignLive(id, 1))).toEqual({ looked: 0 });
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual(admission);
    expect(await signedBy('admission-dev', 'shop', digest)).toEqual(admission);
    expect(await read(id)).toMatchObject({ state: 'overlap', remaining: 0, signed: 1, refused: [] });
    expect(await inActivity(() => trust.retireKey(id))).toBe(0);
    const keys = (await createKeyDesk(own!.db, async () => undefined).listOwn()).filter(
      ({ name }) => name === 'admission-dev',
    );
    expect(keys.map(({ state, inUse }) => [state, inUse])).toEqual([
      ['trusted', true],
      ['retired', false],
    ]);
    const { rows } = await sql<{ type: string; data: { refused?: number; signed?: number } }>`
      select type, data from outbox where subject = ${`key-rotation/${id}`} order by sequence`.execute(own!.db);
    expect(rows.map(({ type }) => type)).toEqual(['key.rotation-requested', 'key.rotating', 'key.retired']);
    expect(rows.at(-1)?.data).toMatchObject({ signed: 1, refused: 0 });
  });

  test('what comes live meanwhile is signed by the new key, and not signed again', async () => {
    const trust = await startTrustWorker();
    const id = await request();
    await inActivity(() => trust.beginRotation(id));
    const { digest } = await live(trust, 'later');
    expect(await signedBy('admission-dev.2', 'later', digest)).toEqual(admission);
    expect(await signedBy('admission-dev', 'later', digest)).toEqual([]);
    expect(await inActivity(() => trust.resignLive(id, 1))).toEqual({ looked: 0 });
  });

  test('does not retire before its time, whoever asks, and not before what is live was looked at', async () => {
    const trust = await startTrustWorker();
    await live(trust, 'shop');
    const id = await request('admission-dev', 3600);
    await inActivity(() => trust.beginRotation(id));
    await inActivity(() => trust.retireKey(id));
    expect(await read(id)).toMatchObject({ state: 'signing' });
    await inActivity(() => trust.resignLive(id, 1));
    expect(await inActivity(() => trust.retireKey(id))).toBeGreaterThan(3500);
    expect(await read(id)).toMatchObject({ state: 'overlap' });
  });

  test('an image that can not be read keeps none of the others with the old key, nor the rotation open', async () => {
    const trust = await startTrustWorker();
    const broken = await live(trust, 'broken');
    const { digest } = await live(trust, 'whole');
    const id = await request();
    await inActivity(() => trust.beginRotation(id));
    let isBroken = true;
    const failing: Registry = {
      ...registry,
      resolve: (repository, reference) =>
        isBroken && reference === broken.digest
          ? Promise.reject(new RegistryError('REGISTRY_DIGEST_MISMATCH', 'other bytes than were asked for'))
          : registry.resolve(repository, reference),
    };
    const worker = await startTrustWorker({ registry: failing });
    expect(await inActivity(() => worker.resignLive(id, 1))).toEqual({ looked: 2 });
    expect(await signedBy('admission-dev.2', 'whole', digest)).toEqual(admission);
    expect(await read(id)).toMatchObject({
      state: 'overlap',
      signed: 1,
      refused: [{ digest: broken.digest, reason: 'REGISTRY_DIGEST_MISMATCH: other bytes than were asked for' }],
    });
    isBroken = false;
    expect(await inActivity(() => worker.resignLive(id, 2))).toEqual({ looked: 1 });
    expect(await read(id)).toMatchObject({ signed: 2, refused: [] });
  });

  test('goes on where it was broken off', async () => {
    const trust = await startTrustWorker();
    for (const name of ['a', 'b', 'c']) await live(trust, name);
    const id = await request();
    await inActivity(() => trust.beginRotation(id));
    let left = 1;
    const failing: Registry = {
      ...registry,
      attachReferrers: (...given) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('the registry is away')) : registry.attachReferrers(...given);
      },
    };
    const broken = await startTrustWorker({ registry: failing });
    await expect(inActivity(() => broken.resignLive(id, 1))).rejects.toThrow(/away/);
    expect(await read(id)).toMatchObject({ state: 'signing', signed: 1, remaining: 2 });
    expect(await inActivity(() => trust.resignLive(id, 1))).toEqual({ looked: 2 });
    const signed = (
      await listKeyUses(
        own!.db,
        {
          key: undefined,
          subject: undefined,
          statement: predicateTypes.cosignSignature,
          workflow: undefined,
          since: undefined,
        },
        { limit: 100, after: undefined },
      )
    ).items;
    // Three admissions, and three again: what was signed before the break goes out, it is not signed twice.
    expect(signed).toHaveLength(6);
  });

  test('one of a key at a time; only keys that sign are rotated', async () => {
    await startTrustWorker();
    const id = await request();
    const again = { key: 'admission-dev', reason: 'again', overlapSeconds: 0, reference: undefined };
    expect(await desk().request(again, 'bob')).toEqual({ outcome: 'already-open', rotation: id });
    for (const key of ['checkpoint', 'nobody'])
      expect(await desk().request({ ...again, key }, 'bob')).toMatchObject({ outcome: 'refused' });
  });
});

describe('what is not signed again', () => {
  async function rotated(trust: TrustActivities, key?: string) {
    const id = await request(key);
    await inActivity(() => trust.beginRotation(id));
    await inActivity(() => trust.resignLive(id, 1));
    return read(id);
  }

  test('a quarantined artifact, though it is still there', async () => {
    const trust = await startTrustWorker();
    const { digest } = await live(trust, 'shop');
    await harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'a miner', actor: 'rita' });
    expect((await rotated(trust)).refused).toMatchObject([
      { digest, reason: expect.stringMatching(/quarantine.*a miner/) },
    ]);
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual([]);
  });

  test.each(['admission-dev', 'evidence'])(
    'what lies where the policy of before had the environment, by %s',
    async (key) => {
      const trust = await startTrustWorker();
      const { digest } = await live(trust, 'shop');
      const moved = policyText(2).replace("'dev/{repository}'", "'dev2/{repository}'").replace("'**'", "'shop'");
      await harbour.policies.activate(moved, 'policy.yaml', 'test');
      const reason = 'the policy in force has no such place in dev';
      expect((await rotated(trust, key)).refused).toMatchObject([{ destination: 'dev/shop', digest, reason }]);
    },
  );

  test('what does not pass any more, with the gate that says so; it is looked at again in the next pass', async () => {
    const trust = await startTrustWorker();
    const { digest } = await live(trust, 'shop');
    const strict = policyText(2).replace(
      "'dev/{repository}', gates: [{ gate: digest }]",
      "'dev/{repository}', gates: [{ gate: sbom }]",
    );
    await harbour.policies.activate(strict, 'policy.yaml', 'test');
    const rotation = await rotated(trust);
    expect(rotation.refused).toMatchObject([{ reason: expect.stringMatching(/does not pass any more: sbom/) }]);
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual([]);
    await harbour.policies.activate(policyText(3), 'policy.yaml', 'test');
    await inActivity(() => trust.resignLive(rotation.id, 2));
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual(admission);
  });

  test('a place that somebody wrote into the database, and nobody let in', async () => {
    const trust = await startTrustWorker();
    const { digest } = await live(trust, 'shop');
    // Another image, at the place of the one that was let in.
    const evil = await buildImage({ layers: [{ files: { label: 'evil' } }] });
    await pushImage(registry, 'shop', evil, '2.0');
    await pushImage(registry, 'dev/shop', evil, '2.0');
    for (const table of ['artifact', 'generation', 'promotion', 'placement', 'placement_claim'])
      await sql`
        insert into ${sql.table(table)} select (jsonb_populate_record(t, replace(to_jsonb(t)::text, ${digest}, ${evil.top.digest})::jsonb)).*
        from ${sql.table(table)} t`.execute(own!.db);
    const rotation = await rotated(trust);
    expect(rotation.refused).toMatchObject([
      { digest: evil.top.digest, reason: expect.stringMatching(/nothing in dev\/shop shows that it was let in/) },
    ]);
    expect(await signedBy('admission-dev.2', 'shop', evil.top.digest)).toEqual([]);
    expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual(admission);
  });

  test('what a thief let in with the key that leaked; what we let in with it is signed again', async () => {
    const trust = await startTrustWorker();
    const { digest } = await live(trust, 'ours');
    const stolen = await openKey(folder, 'admission-dev', PASSPHRASE);
    const { digest: evil } = await live(trust, 'theirs');
    // As if the thief had signed it, and not us: in the registry all the same, and in no record.
    await sql`alter table key_use disable trigger all`.execute(own!.db);
    await sql`delete from key_use where subject = ${evil}`.execute(own!.db);
    await createKeyDesk(own!.db, async () => undefined).revoke(
      { kind: 'signer', value: `key:${stolen.keyId}`, reason: 'leaked', from: undefined },
      'ada',
    );
    expect((await rotated(trust)).refused).toMatchObject([
      { digest: evil, reason: expect.stringMatching(/revoked, and no record of its uses has that signature/) },
    ]);
    expect(await signedBy('admission-dev.2', 'theirs', evil)).toEqual([]);
    expect(await signedBy('admission-dev.2', 'ours', digest)).toEqual(admission);
  });
});

describe('a worker that has the old key open', () => {
  test('signs nothing with it once it is retired, and goes on with the new one', async () => {
    const stale = await startTrustWorker();
    await live(stale, 'shop');
    const ring = createOwnKeys(own!.db, { folder, passphrase: PASSPHRASE, holders: {}, postQuantum: false }).ring;
    const old = await ring.admission('dev');
    const log = createKeyUseLog(own!.db, {
      actor: 'stale',
      checkpoint,
    });
    const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const audited = auditKeys({ ...ring, admission: async () => old }, { log, sha256Hex });
    const trust = await startTrustWorker();
    const id = await request();
    await inActivity(() => trust.beginRotation(id));
    await inActivity(() => trust.resignLive(id, 1));
    await inActivity(() => trust.retireKey(id));
    const statement = {
      _type: 'https://in-toto.io/Statement/v1' as const,
      subject: [{ digest: { sha256: 'a'.repeat(64) } }],
      predicateType: predicateTypes.cosignSignature,
      predicate: {},
    };
    await expect(
      inActivity(async () => createBundleSigner().sign(statement, await audited.admission('dev'))),
    ).rejects.toMatchObject({ code: 'KEY_STOPPED', message: expect.stringMatching(/retired/) });
    const { digest } = await live(stale, 'afterwards');
    expect(await signedBy('admission-dev.2', 'afterwards', digest)).toEqual(admission);
    expect(await signedBy('admission-dev', 'afterwards', digest)).toEqual([]);
  });

  test('is asked to sign what its key is not for: it does not, and nothing is recorded', async () => {
    await startTrustWorker();
    const ring = createOwnKeys(own!.db, { folder, passphrase: PASSPHRASE, holders: {}, postQuantum: false }).ring;
    const log = createKeyUseLog(own!.db, { actor: 'x', checkpoint });
    const audited = auditKeys(ring, { log, sha256Hex: (bytes) => createHash('sha256').update(bytes).digest('hex') });
    const statement = (predicateType: string, predicate: object = {}) => ({
      _type: 'https://in-toto.io/Statement/v1' as const,
      subject: [{ digest: { sha256: 'a'.repeat(64) } }],
      predicateType,
      predicate,
    });
    const refused = { code: 'KEY_NOT_FOR_THIS' };
    const admissionKey = await audited.admission('dev');
    const evidence = await audited.evidence();
    for (const [signer, signed] of [
      [admissionKey, statement(predicateTypes.cycloneDx)],
      [admissionKey, statement(predicateTypes.vsa, { verificationResult: 'FAILED' })],
      [evidence, statement(predicateTypes.cosignSignature)],
    ] as const)
      await expect(inActivity(() => createBundleSigner().sign(signed, signer))).rejects.toMatchObject(refused);
    if ('identity' in admissionKey) throw new Error('a key was asked for');
    await expect(inActivity(() => admissionKey.sign(Buffer.from('anything')))).rejects.toMatchObject(refused);
    expect((await sql`select 1 from key_use`.execute(own!.db)).rows).toEqual([]);
  });
});

test('a rotation that nobody asked for at the gateway is refused', async () => {
  const trust = await startTrustWorker();
  for (const act of [() => trust.beginRotation('made-up'), () => trust.resignLive('made-up', 1)])
    await expect(inActivity<unknown>(act)).rejects.toMatchObject({ type: 'ROTATION_UNKNOWN', nonRetryable: true });
});

test('an environment that a policy adds has keys of its own from its first admission on, without a restart', async () => {
  const trust = await startTrustWorker({ postQuantum: true });
  const renamed = policyText(2)
    .replace("name: dev, repository: 'dev/", "name: qa, repository: 'qa/")
    .replace('after: [dev]', 'after: [qa]');
  await harbour.policies.activate(renamed, 'policy.yaml', 'test');
  await ensureTwins(folder, PASSPHRASE, []);
  const image = await buildImage({ layers: [{ files: { label: 'new' } }] });
  const key = { repository: 'new', digest: await pushImage(registry, 'new', image, '1.0') };
  const { generation } = await harbour.push(key);
  await harbour.judge(key, 'qa');
  const [start] = await harbour.promotions.requestFirst(key, generation);
  const qa = start!.key;
  expect(await harbour.promotions.reserve(qa, 60)).toMatchObject({ outcome: 'reserved' });
  await pushImage(registry, 'qa/new', image, '1.0');
  await inActivity(() => trust.judgeAgain(qa));
  expect(await inActivity(() => trust.admit(qa))).toMatchObject({ outcome: 'admitted' });
  const known = (await createKeyDesk(own!.db, async () => undefined).listOwn()).map(({ name }) => name);
  expect(known).toEqual(expect.arrayContaining(['admission-qa', 'pq-admission-qa']));
});

test('with two algorithms everything is signed twice, and each signature is on record', async () => {
  await ensureTwins(folder, PASSPHRASE, ['dev']);
  const trust = await startTrustWorker({ postQuantum: true });
  const { digest } = await live(trust, 'dual');
  expect(await signedBy('admission-dev', 'dual', digest)).toEqual(admission);
  expect(await signedBy('pq-admission-dev', 'dual', digest)).toEqual(admission);
  expect(await signedBy('pq-evidence', 'dual', digest)).toEqual(await signedBy('evidence', 'dual', digest));
  const { rows } = await sql<{ key: string; uses: number; signed: string }>`
    select key, count(*)::int as uses, string_agg(signed, ' ' order by signed) as signed from key_use group by key`.execute(
    own!.db,
  );
  const uses = new Map(rows.map(({ key, ...use }) => [key, use]));
  for (const key of ['admission-dev', 'evidence']) expect(uses.get(`pq-${key}`), key).toEqual(uses.get(key));
});
