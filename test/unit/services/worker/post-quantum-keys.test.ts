import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureKeys, listPublicKeys, openKeyRing } from '../../../../adapters/sigstore/local-key-ring.ts';
import { ensureTwins, withTwins } from '../../../../services/worker/post-quantum-keys.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-twins-'));
  await ensureKeys(folder, 'pw', ['prod']);
  await ensureTwins(folder, 'pw', ['prod']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('each key has a twin of its own, of ML-DSA-65, that is known as ours and made once', async () => {
  const made = await listPublicKeys(folder);
  expect(made.map(({ name }) => name)).toEqual(['admission-prod', 'evidence', 'pq-admission-prod', 'pq-evidence']);
  expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(4);
  await ensureTwins(folder, 'pw', ['prod']);
  expect(await listPublicKeys(folder)).toEqual(made);
  const { twin } = await withTwins(openKeyRing(folder, 'pw'), folder, 'pw').admission('prod');
  expect(twin?.keyId).toBe(made[2]?.keyId);
  const key = createPublicKey(twin?.publicKeyPem ?? '');
  expect(key.asymmetricKeyType).toBe('ml-dsa-65');
  const data = Buffer.from('bytes');
  expect(verify(null, data, key, (await twin?.sign(data)) ?? Buffer.alloc(0))).toBe(true);
});

it('a key without its twin signs nothing', async () => {
  const ring = withTwins(openKeyRing(folder, 'pw'), folder, 'pw');
  await rm(path.join(folder, 'pq-evidence.key'));
  await expect(ring.evidence()).rejects.toMatchObject({ code: 'KEY_MISSING' });
});
