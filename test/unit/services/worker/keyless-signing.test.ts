/** Signing without a key, as the trust worker does it: on a Sigstore that is away and comes back. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import type { KeyRing } from '../../../../domain/trust/signer.ts';
import { createKeylessSigning } from '../../../../services/worker/keyless-signing.ts';
import { parseSigningIdentities } from '../../../../services/worker/signing-identities.ts';
import { fixedTrustedRoot } from '../../../../services/worker/trusted-root.ts';
import { type FakeSigstore, startSigstore, unsignedToken } from '../../../fakes/sigstore.ts';

const digest = parseDigest(`sha256:${'d'.repeat(64)}`);
const noKeys: KeyRing = {
  evidence: () => Promise.reject(new Error('the evidence key')),
  admission: (environment) => Promise.reject(new Error(`the key of ${environment}`)),
  held: async () => [],
};
let folder: string;
let sigstore: FakeSigstore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-keyless-'));
  sigstore = await startSigstore();
  await writeFile(path.join(folder, 'config.json'), sigstore.signingConfig({ rekor: 2, tsa: true }));
  await writeFile(path.join(folder, 'token'), unsignedToken('evidence@example.com'));
});
afterEach(async () => {
  await sigstore.stop();
  await rm(folder, { recursive: true });
});

const identity = (subject: string, token: object) => ({ subject, issuer: 'https://issuer.example', token });
const open = (env: Record<string, string> = {}) =>
  createKeylessSigning({
    identities: parseSigningIdentities(
      JSON.stringify({
        evidence: identity('evidence@example.com', { file: path.join(folder, 'token') }),
        admission: { prod: identity('prod@example.com', { variable: 'PROD_TOKEN' }) },
      }),
      'identities.yaml',
    ),
    signingConfig: path.join(folder, 'config.json'),
    root: fixedTrustedRoot(parseTrustRoot(Buffer.from(sigstore.trustedRoot), 'root')),
    env,
    now: () => new Date(),
  });
const statement = createCosignSignature(digest);

it('signs as the identity of each kind of work, and with keys where none is configured', async () => {
  const signing = open({ PROD_TOKEN: unsignedToken('prod@example.com') });
  const ring = signing.over(noKeys);
  const verifier = createBundleVerifier(parseTrustRoot(Buffer.from(sigstore.trustedRoot), 'root'));
  const by = async (signer: Awaited<ReturnType<typeof ring.evidence>>) => {
    const verified = await verifier.verify(await createBundleSigner().sign(statement, signer), digest, { keys: [] });
    return verified.outcome === 'verified' ? verified.identity : verified;
  };
  expect(await by(await ring.evidence())).toMatchObject({ subject: 'evidence@example.com' });
  expect(await by(await ring.admission('prod'))).toMatchObject({ subject: 'prod@example.com' });
  await expect(ring.admission('staging')).rejects.toThrow('the key of staging');
  expect(signing.state()).toBe('ok');
});

it.each<[string, Parameters<FakeSigstore['fail']>[0], string]>([
  ['the certificate authority', 'ca', 'CA_UNAVAILABLE'],
  ['the log', 'rekor2', 'LOG_UNAVAILABLE'],
  ['the timestamp authority', 'tsa', 'TIMESTAMP_UNAVAILABLE'],
])('while %s is away signing waits, and goes on when it is back', async (_name, part, reason) => {
  const signing = open();
  const signer = await signing.over(noKeys).evidence();
  sigstore.fail(part, 503);
  const refused = createBundleSigner().sign(statement, signer);
  await expect(refused).rejects.toMatchObject({ code: 'SIGNING_DEFERRED', details: { reason } });
  expect(signing.state()).toContain('nothing was signed');
  sigstore.fail(part, 200);
  await createBundleSigner().sign(statement, signer);
  expect(signing.state()).toBe('ok');
});

describe('signing waits', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['for a token that was not renewed', () => write('token', unsignedToken('x', undefined, 1000)), 'TOKEN_EXPIRED'],
    ['for a token that is not there', () => rm(path.join(folder, 'token')), 'TOKEN_INVALID'],
    [
      'for a token of whom was configured',
      () => write('token', unsignedToken('other@example.com')),
      'IDENTITY_UNEXPECTED',
    ],
    ['for a signing config that can be read', () => write('config.json', '{'), 'SIGNING_CONFIG_INVALID'],
    ['for a signing config that is there', () => rm(path.join(folder, 'config.json')), 'SIGNING_CONFIG_INVALID'],
  ])('%s', async (_name, spoil, reason) => {
    await spoil();
    const signer = await open().over(noKeys).evidence();
    const signed = createBundleSigner().sign(statement, signer);
    await expect(signed).rejects.toMatchObject({ code: 'SIGNING_DEFERRED', details: { reason } });
  });

  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);

  it('for a renewed token in the same file', async () => {
    await write('token', unsignedToken('evidence@example.com', undefined, 1000));
    const signer = await open().over(noKeys).evidence();
    await expect(createBundleSigner().sign(statement, signer)).rejects.toMatchObject({ code: 'SIGNING_DEFERRED' });
    await write('token', unsignedToken('evidence@example.com'));
    await createBundleSigner().sign(statement, signer);
  });
});

describe('identities', () => {
  it.each<[string, object, string]>([
    [
      'the same for two environments',
      { admission: { dev: identity('a@b', { file: 't' }), prod: identity('a@b', { file: 't' }) } },
      'Name another',
    ],
    [
      'the same for evidence and an environment',
      { evidence: identity('a@b', { file: 't' }), admission: { prod: identity('a@b', { file: 'u' }) } },
      'looks admitted',
    ],
    ['without a token', { evidence: { subject: 'a@b', issuer: 'https://i.example' } }, 'evidence.token'],
    ['of an issuer that is none', { evidence: { ...identity('a@b', { file: 't' }), issuer: 'me' } }, 'evidence.issuer'],
  ])('are refused: %s', (_name, document, why) => {
    const read = () => parseSigningIdentities(JSON.stringify(document), 'identities.yaml');
    expect(read).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(why) as string }) as Error,
    );
  });
});
