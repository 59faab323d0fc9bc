/**
 * Bad evidence, each kind through the command line on real bytes: refused with its exit code, a code of its own in `--json`, the
 * sentence that docs/signing.md says, and what to do next. The table there is what is expected here.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import 'reflect-metadata';
import { CRLDistributionPointsExtension, KeyUsageFlags } from '@peculiar/x509';
import { generateKey, readKey, revokeKey } from 'openpgp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { createBundleManifest } from '../../adapters/sigstore/bundle-manifest.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { type FakeRegistry, startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { startSigstore, unsignedToken } from '../fakes/sigstore.ts';
import { makeKeys, publish, rootFields, signMetadata, startMirror } from '../fakes/tuf-repository.ts';
import { certify, pemOf, rootName, signerName } from '../fixtures/notation/authority.ts';
import { revocationList } from '../fixtures/notation/revocation-list.ts';
import { testData } from '../fixtures/test-data.ts';
import { buildImage, pushImage, type TestImage, writeTestLayout } from '../images.ts';
import { workplace } from './workplace.ts';

const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
const cases = `${vectors}/sigstore-conformance/bundle-verify`;
const beacon =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const github = 'https://token.actions.githubusercontent.com';

const { folder, run, write } = workplace();
const pem = (key: KeyObject) => key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' });
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = createLocalSigner(privateKey, 'shop');
const closers: (() => Promise<unknown>)[] = [];
const FLOOD = 10_000;

let registry: FakeRegistry;
let signed: TestImage;
beforeAll(async () => {
  write('shop.key', pem(privateKey));
  write('shop.pub', pem(publicKey));
  write('shop.txt', 'a file');
  write('other.txt', 'another file');
  registry = await startFakeRegistry({ referrersApi: false });
  const egress = createEgress({ configuredHosts: [registry.host], allowPublicHosts: false });
  closers.push(
    () => egress.close(),
    async () => registry[Symbol.asyncDispose](),
  );
  const client = createOciRegistry({ host: registry.host, egress, lease: createInProcessLease() });
  signed = await buildImage({ layers: [{ files: { 'etc/a': 'a' } }] });
  for (const repository of ['flooded', 'misplaced']) await pushImage(client, repository, signed, '1.0');
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** A list of referrers under the tag that anybody may push, and the evidence in it. */
async function listEvidence(repository: string, subject: TestImage, about: TestImage, payloads: readonly Uint8Array[]) {
  const store = registry.store.repository(repository);
  const manifests = payloads.map((payload) => {
    const made = createBundleManifest(about.top, payload, predicateTypes.cosignSignature, '2026-01-01T00:00:00Z');
    for (const { descriptor, bytes } of made.blobs) store.blobs.set(descriptor.digest, bytes);
    registry.store.putManifest(repository, made.descriptor.digest, made.bytes, made.descriptor.mediaType);
    const { mediaType, digest, size, artifactType } = made.descriptor;
    return { mediaType, digest, size, artifactType };
  });
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
  registry.store.putManifest(repository, `sha256-${digestHex(subject.top.digest)}`, list, mediaTypes.ociIndex);
}

const sign = async (image: TestImage) => createBundleSigner().sign(createCosignSignature(image.top.digest), signer);
const byKey = (file: string, bundle: string) => ['verify', file, '--bundle', bundle, '--key', 'shop.pub'];

/** The file is signed, then its bundle is changed. */
async function signFile(bundle: string, change = (text: string) => text): Promise<string[]> {
  const made = await run('sign', 'shop.txt', '--key', 'shop.key', '--bundle', bundle);
  expect(made.exit, made.err).toBe(0);
  write(bundle, change(readFileSync(path.join(folder, bundle), 'utf8')));
  return byKey('shop.txt', bundle);
}

interface Identity {
  readonly subject?: readonly [flag: string, value: string];
  readonly issuer?: string;
}

/** A case of sigstore-conformance, asked for by the identity that it was made with unless it is said otherwise. */
function vector(name: string, { subject = ['--certificate-identity', beacon], issuer = github }: Identity = {}) {
  const own = (file: string) => `${cases}/${name}/${file}`;
  const inOwn = (file: string, otherwise: string) => {
    try {
      readFileSync(own(file));
      return own(file);
    } catch {
      return otherwise;
    }
  };
  return [
    ...['verify', inOwn('artifact', `${cases}/a.txt`), '--bundle', own('bundle.sigstore.json')],
    ...['--trusted-root', inOwn('trusted_root.json', `${bundles}/trusted_root.json`)],
    ...[...subject, '--certificate-oidc-issuer', issuer],
  ];
}

async function revokedCertificate(): Promise<string[]> {
  // The clock of the command stands still, and certificates name an issuer's list that is given.
  const times = { notBefore: new Date('2025-01-01'), notAfter: new Date('2027-12-31') };
  const keyUsage = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const root = await certify({ subject: rootName, ca: {}, keyUsage, ...times });
  const extensions = [new CRLDistributionPointsExtension(['http://crl.example/root.crl'])];
  const leaf = await certify({ subject: signerName, issuer: root, extensions, ...times });
  const inForce = { thisUpdate: new Date('2026-01-01'), nextUpdate: new Date('2026-02-01') };
  write('root.crl', await revocationList({ by: root, revoked: [leaf], ...inForce }));
  write('leaf.key', leaf.key.export({ format: 'pem', type: 'pkcs8' }));
  write('chain.pem', pemOf(leaf, root));
  write('notation/truststore/x509/ca/acme/root.pem', pemOf(root));
  const statement = { name: 'acme', registryScopes: ['*'], trustStores: ['ca:acme'], trustedIdentities: ['*'] };
  const strict = { ...statement, signatureVerification: { level: 'strict' } };
  write('notation/trustpolicy.json', JSON.stringify({ version: '1.0', trustPolicies: [strict] }));
  await writeTestLayout(path.join(folder, 'layout'), signed, '1.0');
  const made = ['sign', 'layout', '--format', 'notation', '--key', 'leaf.key', '--certificate-chain', 'chain.pem'];
  const ended = await run(...made);
  expect(ended.exit, ended.err).toBe(0);
  return [
    ...['verify', 'layout', '--notation-trust-policy', 'notation/trustpolicy.json'],
    ...['--notation-scope', 'registry.example/shop', '--notation-crl', 'root.crl', '--offline'],
  ];
}

async function revokedOpenpgpKey(): Promise<string[]> {
  const date = new Date('2025-12-01T00:00:00Z');
  const made = await generateKey({ userIDs: [{ name: 'Shop' }], date, format: 'armored' });
  const key = await readKey({ armoredKey: made.privateKey });
  expect(key.isPrivate()).toBe(true);
  write('shop.asc', made.privateKey);
  const ended = await run('sign', 'shop.txt', '--key', 'shop.asc', '--signature', 'shop.txt.asc');
  expect(ended.exit, ended.err).toBe(0);
  const { revocationCertificate } = made;
  const revoked = await revokeKey({ key: key.toPublic(), revocationCertificate, format: 'armored' });
  write('revoked.asc', revoked.publicKey as string);
  return ['verify', 'shop.txt', '--keyring', 'revoked.asc', '--signature', 'shop.txt.asc'];
}

async function timestampBeforeCertificate(): Promise<string[]> {
  const sigstore = await startSigstore({ certificatesLate: 3_600_000 });
  closers.push(() => sigstore.stop());
  write('late-root.json', sigstore.trustedRoot);
  write('late-config.json', sigstore.signingConfig({ tsa: true }));
  write('token', unsignedToken('dev@example.com'));
  const config = ['--signing-config', 'late-config.json', '--identity-token', 'token'];
  const ended = await run('sign', 'shop.txt', ...config, '--bundle', 'late.json');
  expect(ended.exit, ended.err).toBe(0);
  return [
    ...['verify', 'shop.txt', '--bundle', 'late.json', '--trusted-root', 'late-root.json', '--tlog-threshold', '0'],
    ...['--certificate-identity', 'dev@example.com', '--certificate-oidc-issuer', 'https://issuer.example'],
  ];
}

async function rolledBackMirror(): Promise<string[]> {
  const mirror = await startMirror();
  closers.push(() => mirror.stop());
  const keys = makeKeys();
  const expires = '2026-01-09T00:00:00Z';
  const serve = (version: number) => {
    const targets = { 'trusted_root.json': readFileSync(`${bundles}/trusted_root.json`, 'utf8') };
    for (const [name, bytes] of publish({ targets, version, expires, keys })) mirror.files.set(name, bytes);
  };
  serve(5);
  write('tuf-root.json', signMetadata('root', rootFields(1, keys, expires), keys.root.keys));
  const begun = await run('trust', 'initialize', '--mirror', mirror.url, '--root', 'tuf-root.json');
  expect(begun.exit, begun.err).toBe(0);
  serve(4);
  return ['trust', 'update', '--mirror', mirror.url];
}

/** Of each row of the documentation the command line that meets it. */
const inputs: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
  'an expired certificate': () => vector('intoto-set-outside-signing-cert-validity_fail'),
  'a wrong issuer': () => vector('happy-path-v0.3', { issuer: 'https://accounts.google.com' }),
  'a wrong subject (SAN)': () =>
    vector('happy-path-v0.3', { subject: ['--certificate-identity', beacon.replace('main', 'other')] }),
  'a regular expression that does not anchor': () =>
    vector('happy-path-v0.3', { subject: ['--certificate-identity-regexp', 'https://github.com/acme'] }),
  'a log entry for other bytes': () => vector('wrong-hashedrekord-entry_fail'),
  'a timestamp outside the certificate': timestampBeforeCertificate,
  'a bundle of 200 MB': () => {
    write('large.json', '');
    truncateSync(path.join(folder, 'large.json'), 200_000_000);
    return byKey('shop.txt', 'large.json');
  },
  '10,000 referrers on one digest': async () => {
    const flood = Array.from({ length: FLOOD }, (_, count) => Buffer.from(`{"flood":${count}}`));
    await listEvidence('flooded', signed, signed, flood);
    return ['verify', `${registry.host}/flooded@${signed.top.digest}`, '--key', 'shop.pub'];
  },
  'a referrer with a wrong subject': async () => {
    const other = await buildImage({ layers: [{ files: { 'etc/b': 'b' } }] });
    await listEvidence('misplaced', signed, other, [await sign(signed)]);
    return ['verify', `${registry.host}/misplaced@${signed.top.digest}`, '--key', 'shop.pub'];
  },
  'a statement whose subject is another digest': async () => {
    write('other.json', await createBundleSigner().sign(createCosignSignature(signed.top.digest), signer));
    return [...byKey('shop.txt', 'other.json'), '--type', 'signature'];
  },
  'duplicate JSON keys': () =>
    signFile('twice.json', (text) => text.replace('"mediaType"', '"mediaType":"text/plain","mediaType"')),
  'a signature whose certificate was revoked (Notation)': revokedCertificate,
  'a signature by a revoked key (OpenPGP)': revokedOpenpgpKey,
  'an unknown algorithm': () => signFile('sha3.json', (text) => text.replace('SHA2_256', 'SHA3_256')),
  'a signature of a key, and no key that is trusted': () => vector('managed-key-no-key_fail'),
  'an empty keyring (OpenPGP)': () => {
    write('nobody.gpg', '');
    write('some.asc', 'x');
    return ['verify', 'shop.txt', '--keyring', 'nobody.gpg', '--signature', 'some.asc'];
  },
  'an empty trust store (Notation)': async () => {
    const argv = await revokedCertificate();
    rmSync(path.join(folder, 'notation/truststore/x509/ca/acme/root.pem'));
    return argv;
  },
  'a TUF repository that goes back': rolledBackMirror,
};

const documented = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, input, code, exit, sentence] = /^\| (.+?) \| `([A-Z_]+)` \| ([123]) \| (.+) \|$/.exec(line) ?? [];
    return input === undefined ? [] : [{ input, code, exit: Number(exit), sentence: sentence ?? '' }];
  });

/** `…` stands for a name, a number or a digest. */
const toPattern = (sentence: string) =>
  new RegExp(
    sentence
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.+'),
  );

/** What is refused as evidence is in the answer; what ends the command is an error. */
function refusalsOf({ out, err }: { readonly out: string; readonly err: string }) {
  if (out === '') {
    const { error } = JSON.parse(err) as { error: { code: string; message: string; hint?: string } };
    return [{ code: error.code, said: error.message, next: error.hint }];
  }
  type Refused = { outcome: string; code: string; reason: string; next?: string };
  const answer = JSON.parse(out) as Refused & { evidence?: Refused[] };
  return (answer.evidence ?? [answer]).map(({ code, reason, next }) => ({ code, said: reason, next }));
}

it('is documented, each kind of it', () => {
  expect(documented.map(({ input }) => input)).toEqual(Object.keys(inputs));
});

const isThere = vectors !== undefined && bundles !== undefined;
it.skipIf(!isThere).each(documented)('$input is $code', async ({ input, code, exit, sentence }) => {
  const argv = (await inputs[input]?.()) ?? [];
  const ended = await run(...argv, '--json');
  expect(ended.exit, ended.out + ended.err).toBe(exit);
  const refusal = refusalsOf(ended).find((one) => one.code === code);
  expect(refusal, ended.out.slice(0, 2000) + ended.err).toBeDefined();
  expect(refusal?.said).toMatch(toPattern(sentence));
  // What comes next is said beside it, or in the sentence itself.
  expect(`${refusal?.next ?? ''}${refusal?.said}`).toMatch(
    /\b(?:name|check|write|have it|do not|ask|delete|find out|export|put)\b/,
  );
  // People are told the same. A flood takes long, and is read once.
  if (input.startsWith('10,000')) return;
  const text = await run(...argv);
  expect(text.exit).toBe(exit);
  expect(text.out + text.err).toMatch(toPattern(sentence));
  expect(text.out + text.err).toContain(refusal?.next ?? '');
});
