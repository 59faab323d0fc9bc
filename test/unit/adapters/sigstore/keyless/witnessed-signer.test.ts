import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundleVerifier } from '../../../../../adapters/sigstore/bundle-verifier.ts';
import { parseSigningConfig } from '../../../../../adapters/sigstore/keyless/signing-config.ts';
import { createWitnessedSigner } from '../../../../../adapters/sigstore/keyless/witnessed-signer.ts';
import { createLocalSigner } from '../../../../../adapters/sigstore/local-signer.ts';
import { parseTrustRoot } from '../../../../../adapters/sigstore/trust-root.ts';
import { parseDigest } from '../../../../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../../../../domain/trust/cosign-signature.ts';
import { type FakeSigstore, startSigstore, unsignedToken } from '../../../../fakes/sigstore.ts';

const digest = parseDigest(`sha256:${'d'.repeat(64)}`);
const file = new TextEncoder().encode('a file');
let sigstore: FakeSigstore;

beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(() => sigstore.stop());

type Services = Parameters<FakeSigstore['signingConfig']>[0];
const encode = (text: string) => new TextEncoder().encode(text);
const endpointsOf = (services: Services) =>
  parseSigningConfig(encode(sigstore.signingConfig(services)), 'config', new Date());
const rootOf = (from: FakeSigstore) => parseTrustRoot(encode(from.trustedRoot), 'root');
const identity = { kind: 'identity', token: async () => unsignedToken('dev@example.com') } as const;

function signerOf(services: Services, source: Parameters<typeof createWitnessedSigner>[0]['source'] = identity) {
  return createWitnessedSigner({ endpoints: endpointsOf(services), source, trustRoot: rootOf(sigstore) });
}

describe.each<[string, Services]>([
  ['Rekor v1', { rekor: 1 }],
  ['Rekor v1 and a timestamp', { rekor: 1, tsa: true }],
  ['Rekor v2 and a timestamp', { rekor: 2, tsa: true }],
])('keyless, witnessed by %s', (_name, services) => {
  it('a statement verifies as of whom the token names, with its log and its time', async () => {
    const bundle = await signerOf(services).signStatement(createCosignSignature(digest));
    const verifier = createBundleVerifier(rootOf(sigstore));
    expect(await verifier.verify(bundle, digest, { keys: [] })).toMatchObject({
      outcome: 'verified',
      identity: { kind: 'certificate', subject: 'dev@example.com', issuer: 'https://issuer.example' },
      proof: {
        times: expect.arrayContaining([expect.anything()]) as unknown,
        logs: [{ log: sigstore.url }],
      },
    });
  });

  it('a file verifies', async () => {
    const bundle = await signerOf(services).signFile(file);
    const verifier = createBundleVerifier(rootOf(sigstore));
    expect(await verifier.verifyMessage(bundle, file, { keys: [] })).toMatchObject({ outcome: 'verified' });
  });
});

it.each(['P-256', 'P-384'])('a key on %s is witnessed too', async (namedCurve) => {
  const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve }).privateKey, 'test');
  const bundle = await signerOf({ rekor: 2, tsa: true }, { kind: 'key', signer }).signFile(file);
  const trusted = { keys: [signer.publicKeyPem] };
  expect(await createBundleVerifier(rootOf(sigstore)).verifyMessage(bundle, file, trusted)).toMatchObject({
    identity: { kind: 'key', keyId: signer.keyId },
    proof: { logs: [{ kind: 'hashedrekord/0.0.2' }], times: [{ by: 'timestamp-authority' }] },
  });
});

describe('nothing is called signed', () => {
  it('where a log takes files by another hash than the key signs with', async () => {
    const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'test');
    await expect(signerOf({ rekor: 1 }, { kind: 'key', signer }).signFile(file)).rejects.toMatchObject({
      code: 'LOG_REFUSED',
      message: expect.stringContaining('name a Rekor v2') as unknown,
    });
  });

  afterAll(() => {
    for (const part of ['ca', 'rekor1', 'rekor2', 'tsa'] as const) sigstore.fail(part, 200);
  });

  it.each<[string, Parameters<FakeSigstore['fail']>, string]>([
    ['the CA is out of order', ['ca', 503], 'CA_UNAVAILABLE'],
    ['the CA refuses', ['ca', 403], 'CA_REFUSED'],
    ['the CA breaks off', ['ca', 'broken'], 'CA_UNAVAILABLE'],
    ['the log is out of order', ['rekor2', 500], 'LOG_UNAVAILABLE'],
    ['the log refuses', ['rekor2', 400], 'LOG_REFUSED'],
    ['the timestamp authority is out of order', ['tsa', 502], 'TIMESTAMP_UNAVAILABLE'],
    ['the timestamp authority refuses', ['tsa', 400], 'TIMESTAMP_REFUSED'],
  ])('where %s', async (_name, failure, code) => {
    const other = await startSigstore();
    other.fail(...failure);
    const endpoints = parseSigningConfig(encode(other.signingConfig({ rekor: 2, tsa: true })), 'config', new Date());
    const signer = createWitnessedSigner({ endpoints, source: identity, trustRoot: rootOf(other) });
    const error: unknown = await signer.signFile(file).catch((thrown: unknown) => thrown);
    await other.stop();
    expect(error).toMatchObject({ name: 'KeylessError', code });
    expect(String(error)).not.toContain(unsignedToken('dev@example.com').slice(0, 20));
  });

  it('where what came back does not verify under the trusted root', async () => {
    const other = await startSigstore();
    const signer = createWitnessedSigner({
      endpoints: endpointsOf({ rekor: 2, tsa: true }),
      source: identity,
      trustRoot: rootOf(other),
    });
    await expect(signer.signFile(file)).rejects.toMatchObject({ code: 'BUNDLE_UNVERIFIED' });
    await other.stop();
  });

  it.each<[string, Services]>([
    ['nobody would witness a certificate', {}],
    ['nobody would prove when: a Rekor v2 alone', { rekor: 2 }],
  ])('where %s', (_name, services) => {
    expect(() => signerOf(services)).toThrow(expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }) as Error);
  });
});
