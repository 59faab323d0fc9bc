/** The `sigstore` package as what it is to others, a client of its own: what we sign keyless it accepts, what it signs we do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sigstoreJs from 'sigstore';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { parseSigningConfig } from '../../../../adapters/sigstore/keyless/signing-config.ts';
import { createWitnessedSigner } from '../../../../adapters/sigstore/keyless/witnessed-signer.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import { type FakeSigstore, startSigstore, unsignedToken } from '../../../fakes/sigstore.ts';
import {
  type FakeMirror,
  makeKeys,
  publish,
  rootFields,
  signMetadata,
  startMirror,
} from '../../../fakes/tuf-repository.ts';

const digest = parseDigest(`sha256:${'d'.repeat(64)}`);
const file = Buffer.from('a file');
const SUBJECT = 'dev@example.com';
const ISSUER = 'https://issuer.example';

let sigstore: FakeSigstore;
let mirror: FakeMirror;
let folder: string;
/** Where sigstore-js takes its trust from. */
let trust: sigstoreJs.VerifyOptions;

beforeAll(async () => {
  sigstore = await startSigstore();
  mirror = await startMirror();
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-sigstore-js-'));
  const keys = makeKeys();
  const expires = new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString().replace(/\.\d+/, '');
  for (const [name, bytes] of publish({
    targets: { 'trusted_root.json': sigstore.trustedRoot },
    version: 1,
    expires,
    keys,
  }))
    mirror.files.set(name, bytes);
  const tufRootPath = path.join(folder, 'root.json');
  await writeFile(tufRootPath, signMetadata('root', rootFields(1, keys, expires), keys.root.keys));
  trust = { tufMirrorURL: mirror.url, tufRootPath, tufCachePath: path.join(folder, 'cache') };
});
afterAll(async () => {
  await sigstore.stop();
  await mirror.stop();
  await rm(folder, { recursive: true });
});

const encode = (text: string) => new TextEncoder().encode(text);
const rootOf = () => parseTrustRoot(encode(sigstore.trustedRoot), 'root');
const signer = () =>
  createWitnessedSigner({
    endpoints: parseSigningConfig(encode(sigstore.signingConfig({ rekor: 1, tsa: true })), 'config', new Date()),
    source: { kind: 'identity', token: async () => unsignedToken(SUBJECT, ISSUER) },
    trustRoot: rootOf(),
  });
const theirs = (bundle: Uint8Array) => JSON.parse(Buffer.from(bundle).toString()) as sigstoreJs.Bundle;
const ofUs = () => ({ ...trust, certificateIssuer: ISSUER, certificateIdentityEmail: SUBJECT });

it('what we sign it accepts as of whom the token names, and of nobody else', async () => {
  const statement = theirs(await signer().signStatement(createCosignSignature(digest)));
  const message = theirs(await signer().signFile(file));
  expect((await sigstoreJs.verify(statement, ofUs())).identity?.subjectAlternativeName).toBe(SUBJECT);
  await sigstoreJs.verify(message, file, ofUs());
  await expect(sigstoreJs.verify(message, Buffer.from('another file'), ofUs())).rejects.toThrow();
  const another = { ...ofUs(), certificateIdentityEmail: 'eve@example.com' };
  await expect(sigstoreJs.verify(statement, another)).rejects.toThrow();
});

it('what it signs we accept as of whom the token names', async () => {
  const options: sigstoreJs.SignOptions = {
    ...{ fulcioURL: sigstore.url, rekorURL: sigstore.url, identityToken: unsignedToken(SUBJECT, ISSUER) },
    ...{ retry: false },
  };
  const statement = createCosignSignature(digest);
  const attested = await sigstoreJs.attest(
    Buffer.from(JSON.stringify(statement)),
    'application/vnd.in-toto+json',
    options,
  );
  const signed = await sigstoreJs.sign(file, options);
  const verifier = createBundleVerifier(rootOf());
  const identity = { kind: 'certificate', subject: SUBJECT, issuer: ISSUER };
  expect(await verifier.verify(encode(JSON.stringify(attested)), digest, { keys: [] })).toMatchObject({
    outcome: 'verified',
    identity,
  });
  expect(await verifier.verifyMessage(encode(JSON.stringify(signed)), file, { keys: [] })).toMatchObject({
    outcome: 'verified',
    identity,
  });
  expect(await verifier.verifyMessage(encode(JSON.stringify(signed)), encode('other'), { keys: [] })).toMatchObject({
    outcome: 'rejected',
  });
});
