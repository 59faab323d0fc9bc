/** sign, attest and verify on a registry: an index with its children, Notation's format, test results, documents by reference. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../../adapters/oci/oci-registry.ts';
import type { Registry } from '../../../../domain/artifact/registry.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { buildImage, buildIndex, pushImage, type TestImage } from '../../../images.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { NOW, runCommand } from './run-command.ts';

const cwd = temporaryFolder('pratique-registry-signing-');
const run = (...argv: string[]) => runCommand(argv, { cwd });
const write = (file: string, text: string | Uint8Array) => {
  mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
  writeFileSync(path.join(cwd, file), text);
};

let server: FakeRegistry;
let children: TestImage[];
let index: TestImage;
let close: () => Promise<void>;
let registry: Registry;
const named = ({ top }: TestImage) => `${server.host}/shop@${top.digest}`;

beforeAll(async () => {
  server = await startFakeRegistry();
  const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
  close = () => egress.close();
  registry = createOciRegistry({ host: server.host, egress, lease: createInProcessLease() });
  const layers = [{ files: { 'etc/a': 'a' } }];
  children = await Promise.all(
    ['amd64', 'arm64'].map((architecture) => buildImage({ layers, platform: { os: 'linux', architecture } })),
  );
  index = buildIndex(children);
  await pushImage(registry, 'shop', index, '1.0');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  write('a.key', privateKey.export({ format: 'pem', type: 'pkcs8' }));
  write('a.pub', publicKey.export({ format: 'pem', type: 'spki' }));
});
afterAll(async () => {
  await close();
  await server[Symbol.asyncDispose]();
});

it('--recursive signs every platform, then the index, and each verifies alone', async () => {
  for (const one of [...children, index])
    expect((await run('verify', named(one), '--key', 'a.pub')).code, named(one)).toBe(1);
  const signed = await run('sign', `${server.host}/shop:1.0`, '--key', 'a.key', '--recursive');
  expect(signed.code, signed.stderr).toBe(0);
  // The index last: who finds it signed finds all of it signed.
  expect(signed.stderr.match(/sha256:[0-9a-f]{64}/g)).toEqual([...children, index].map(({ top }) => top.digest));
  for (const one of [...children, index])
    expect((await run('verify', named(one), '--key', 'a.pub')).code, named(one)).toBe(0);
});

it('--recursive signs what an index inside of the index holds, each once and before what holds it', async () => {
  const inner = buildIndex([children[1] as TestImage]);
  const outer = buildIndex([...children, inner]);
  await pushImage(registry, 'nested', outer, '1.0');
  const signed = await run('sign', `${server.host}/nested:1.0`, '--key', 'a.key', '--recursive');
  expect(signed.code, signed.stderr).toBe(0);
  const deep = buildIndex([inner]);
  await pushImage(registry, 'nested', deep, '2.0');
  const again = await run('sign', `${server.host}/nested:2.0`, '--key', 'a.key', '--recursive');
  expect(signed.stderr.match(/sha256:[0-9a-f]{64}/g)).toEqual([...children, inner, outer].map(({ top }) => top.digest));
  expect(again.stderr.match(/sha256:[0-9a-f]{64}/g)).toEqual(
    [children[1] as TestImage, inner, deep].map(({ top }) => top.digest),
  );
});

it('--recursive attests of every platform, too', async () => {
  write('review.json', '{"ok":true}');
  const type = ['--type', 'https://example.com/review/v1'];
  const attest = ['attest', named(index), '--key', 'a.key', ...type, '--predicate', 'review.json'];
  expect((await run(...attest, '--recursive')).code).toBe(0);
  for (const one of [...children, index])
    expect((await run('verify', named(one), '--key', 'a.pub', ...type)).code).toBe(0);
});

it.each([
  ['1714564800', 0, '2024-05-01T12:00:00Z'],
  ['', 0, expect.stringMatching(/^20[2-9]\d-/)],
  ['soon', 2, undefined],
  ['99999999999999999', 2, undefined],
])('SOURCE_DATE_EPOCH "%s" dates what is attached', async (SOURCE_DATE_EPOCH, exitCode, created) => {
  const argv = ['sign', named(children[0] as TestImage), '--key', 'a.key'];
  const { code, stdout, stderr } = await runCommand(argv, { cwd, env: { SOURCE_DATE_EPOCH } });
  expect(code, stderr).toBe(exitCode);
  const attached = code === 0 ? await registry.getManifest('shop', stdout.trim()) : undefined;
  const manifest = JSON.parse(new TextDecoder().decode(attached?.bytes) || '{}');
  expect(manifest.annotations?.['org.opencontainers.image.created']).toEqual(created);
});

it('a predicate is read from standard input, too', async () => {
  const attest = [
    'attest',
    named(index),
    '--key',
    'a.key',
    '--type',
    'https://example.com/piped/v1',
    '--predicate',
    '-',
  ];
  expect(await runCommand(attest, { cwd, input: '{"piped":true}' })).toMatchObject({ code: 0 });
  expect(await runCommand(attest, { cwd, input: 'nothing' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('stdin: the predicate must be a JSON document') as string,
  });
  const verify = ['verify', named(index), '--key', 'a.pub', '--type', 'https://example.com/piped/v1'];
  expect((await run(...verify)).code).toBe(0);
});

it("in Notation's format, verified under Notation's own trust policy", async () => {
  const around = {
    notBefore: new Date(Date.parse(NOW) - 86_400_000),
    notAfter: new Date(Date.parse(NOW) + 86_400_000),
  };
  const root = await certify({ subject: rootName, ca: {}, ...around });
  const leaf = await certify({ subject: signerName, issuer: root, ...around });
  write('leaf.key', leaf.key.export({ format: 'pem', type: 'pkcs8' }));
  write('chain.pem', pemOf(leaf, root));
  write('config/truststore/x509/ca/acme/root.pem', pemOf(root));
  const policy = (level: string, scope = '*') =>
    JSON.stringify({
      version: '1.0',
      trustPolicies: [
        {
          name: 'acme',
          registryScopes: [scope],
          signatureVerification: { level },
          ...(level === 'skip' ? {} : { trustStores: ['ca:acme'], trustedIdentities: [`x509.subject: ${signerName}`] }),
        },
      ],
    });
  write('config/trustpolicy.json', policy('strict'));
  write('config/skip.json', policy('skip'));
  write('config/elsewhere.json', policy('strict', 'registry.example/other'));
  const [image] = children as [TestImage];
  const verify = (file: string, ...more: string[]) =>
    run('verify', named(image), '--notation-trust-policy', `config/${file}`, ...more);

  expect((await verify('trustpolicy.json')).code).toBe(1);
  const sign = ['sign', named(image), '--format', 'notation', '--key', 'leaf.key'];
  expect((await run(...sign)).stderr).toContain('--certificate-chain');
  const signed = await run(...sign, '--certificate-chain', 'chain.pem', '--expiry', '24h');
  expect(signed.code, signed.stderr).toBe(0);
  const verified = await verify('trustpolicy.json', '-o', 'json');
  expect(verified.code, verified.stdout).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    policy: 'acme',
    level: 'strict',
    verified: true,
    evidence: [
      { outcome: 'verified', signer: expect.stringMatching(/^x509:[0-9a-f]{64}\|C=US,ST=WA,O=Acme,CN=Shop$/) },
    ],
  });
  // Not among bundles, and no bundle among these.
  expect((await run('verify', named(image), '--key', 'a.pub', '-o', 'json')).stdout).not.toContain('x509:');
  const skipped = await verify('skip.json', '-o', 'json');
  expect(skipped).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing was looked at') });
  expect(JSON.parse(skipped.stdout)).toMatchObject({ verified: false, evidence: [] });
  expect(await verify('elsewhere.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('registryScopes') });
  expect(await verify('missing.json')).toMatchObject({ code: 2 });
});

it('a test result from JUnit XML, and none from what is not one', async () => {
  write('junit.xml', '<testsuite name="unit"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>');
  write('result.json', '{"result":"PASSED","configuration":[]}');
  write('other.json', '{"result":"fine"}');
  write('empty.xml', '<testsuites/>');
  const attest = (file: string, ...more: string[]) =>
    run('attest', named(index), '--key', 'a.key', '--type', 'test-result', '--predicate', file, ...more);
  expect((await attest('junit.xml', '--bundle', 'result.sigstore.json')).code).toBe(0);
  expect((await attest('result.json')).code).toBe(0);
  expect(await attest('other.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('PASSED, WARNED') });
  expect(await attest('empty.xml')).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing was shown') });
  const type = ['--type', 'test-result'];
  expect((await run('verify', named(index), '--key', 'a.pub', ...type)).stdout).toContain('Verified: 2 of');
});

it('a document by reference is fetched, compared, and counts for its type; spoilt or gone, it does not', async () => {
  const document = new TextEncoder().encode('{"bomFormat":"CycloneDX"}');
  const hex = createHash('sha256').update(document).digest('hex');
  const digest = `sha256:${hex}`;
  const [, image] = children as [TestImage, TestImage];
  const { store } = server;
  const mediaType = 'application/vnd.cyclonedx+json';
  const attached = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: mediaType,
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: `sha256:${createHash('sha256').update('{}').digest('hex')}`,
        size: 2,
      },
      layers: [{ mediaType, digest, size: document.length }],
      subject: { mediaType: image.top.mediaType, digest: image.top.digest, size: image.top.size },
    }),
  );
  const blobs = store.repository('shop').blobs;
  const put = (bytes: Uint8Array) => blobs.set(digest as never, bytes);
  put(document);
  const manifest = `sha256:${createHash('sha256').update(attached).digest('hex')}`;
  store.putManifest('shop', manifest as never, attached, 'application/vnd.oci.image.manifest.v1+json');
  const location = `http://${server.host}/v2/shop/blobs/${digest}`;
  const references = [{ downloadLocation: location, digest: { sha256: hex }, mediaType }];
  write('reference.json', JSON.stringify({ attester: { id: 'https://p.example' }, references }));
  const attest = ['attest', named(image), '--key', 'a.key', '--type', 'reference', '--predicate', 'reference.json'];
  expect((await run(...attest)).code).toBe(0);
  const verify = () => run('verify', named(image), '--key', 'a.pub', '--type', 'cyclonedx');
  const verified = await verify();
  expect(verified.code, verified.stdout).toBe(0);
  expect(verified.stdout).toContain(`${digest}, ${document.length} bytes`);
  put(new TextEncoder().encode('{"bomFormat":"cycloneDX"}'));
  expect(await verify()).toMatchObject({ code: 1, stdout: expect.stringContaining('DOCUMENT_MISMATCH') });
  blobs.delete(digest as never);
  expect((await verify()).code).not.toBe(0);
});

it('an SBOM too long for a bundle that is read is attested by reference; what has no place beside an image is refused', async () => {
  write('long.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', text: 'x'.repeat(25_000_000) }));
  const [, image] = children as [TestImage, TestImage];
  const attest = (target: string, type: string, ...more: string[]) =>
    run('attest', target, '--key', 'a.key', '--type', type, '--predicate', 'long.json', ...more);
  const attested = await attest(named(image), 'spdxjson');
  expect(attested.code, attested.stderr).toBe(0);
  expect(attested.stderr).toContain('attached long.json itself');
  const verified = await run('verify', named(image), '--key', 'a.pub', '--type', 'spdxjson', '-o', 'json');
  expect(verified.code, verified.stdout).toBe(0);
  const bytes = readFileSync(path.join(cwd, 'long.json'));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  expect(JSON.parse(verified.stdout)).toMatchObject({
    evidence: expect.arrayContaining([
      expect.objectContaining({
        outcome: 'verified',
        documents: [{ mediaType: 'application/spdx+json', digest, size: bytes.length }],
      }),
    ]) as unknown,
  });
  const refused = { code: 2, stderr: expect.stringContaining('nobody reads it') as string };
  expect(await attest('long.json', 'spdxjson', '--bundle', 'long.sigstore.json')).toMatchObject(refused);
  expect(await attest(named(image), 'https://example.com/review/v1')).toMatchObject(refused);
  expect(existsSync(path.join(cwd, 'long.sigstore.json'))).toBe(false);
});
