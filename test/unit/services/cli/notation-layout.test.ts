/** Notation's signatures on an image in an OCI layout, as `notation sign` and `oras copy -r` leave them there. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Descriptor, mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { digestHex } from '../../../../domain/artifact/digest.ts';
import { certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { jws } from '../../../fixtures/notation/envelopes.ts';
import { buildImage, buildIndex, digestOf, writeTestLayout } from '../../../images.ts';
import { runCommand } from './run-command.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pratique notation '));
  // The command line's clock stands still in tests.
  const times = { notBefore: new Date(0), notAfter: new Date(4e12) };
  const root = await certify({ subject: rootName, ca: {}, ...times });
  const leaf = await certify({ subject: signerName, issuer: root, ...times });
  const image = await buildImage({ layers: [{ files: { 'etc/motd': 'shop' } }] });
  const { mediaType, digest, size } = image.top;
  const envelope = jws({ chain: [leaf, root], payload: { targetArtifact: { mediaType, digest, size } } });
  const describe = (bytes: Uint8Array, type: string): Descriptor => ({
    ...{ mediaType: type, digest: digestOf(bytes), size: bytes.length },
  });
  const empty = Buffer.from('{}');
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: mediaTypes.notationSignature },
      ...{ config: describe(empty, mediaTypes.ociEmpty), layers: [describe(envelope.bytes, envelope.mediaType)] },
      subject: { mediaType, digest, size },
    }),
  );
  const layout = path.join(dir, 'shop');
  await writeTestLayout(layout, image);
  for (const bytes of [empty, manifest, envelope.bytes])
    await writeFile(path.join(layout, 'blobs', 'sha256', digestHex(digestOf(bytes))), bytes);
  const manifests = [image.top, describe(manifest, mediaTypes.ociManifest)];
  await writeFile(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeTestLayout(path.join(dir, 'bare'), image);
  for (const name of ['unsigned', 'linked', 'twice', 'broken-off', 'lock-linked'])
    await writeTestLayout(path.join(dir, name), image);
  await rm(path.join(dir, 'linked/blobs/sha256'), { recursive: true });
  await symlink(path.join(dir, 'bare/blobs/sha256'), path.join(dir, 'linked/blobs/sha256'));
  const arm = await buildImage({ layers: [], platform: { os: 'linux', architecture: 'arm64' } });
  await writeTestLayout(path.join(dir, 'index'), buildIndex([image, arm]), '1.0');
  await writeFile(path.join(dir, 'leaf.key'), leaf.key.export({ format: 'pem', type: 'pkcs8' }));
  await writeFile(path.join(dir, 'chain.pem'), pemOf(leaf, root));
  await writeFile(path.join(dir, 'root.pem'), pemOf(root));
  const policy = {
    version: '1.0',
    trustPolicies: [
      {
        ...{ name: 'acme', registryScopes: ['registry.example/shop'], trustStores: ['ca:acme'] },
        ...{ trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme'], signatureVerification: { level: 'strict' } },
      },
    ],
  };
  await writeFile(path.join(dir, 'trustpolicy.json'), JSON.stringify(policy));
  const store = path.join(dir, 'truststore/x509/ca/acme');
  await mkdir(store, { recursive: true });
  await writeFile(path.join(store, 'root.pem'), pemOf(root));
});
afterAll(() => rm(dir, { recursive: true }));

const verify = (target: string, ...more: string[]) =>
  runCommand(['verify', target, '--notation-trust-policy', 'trustpolicy.json', ...more], { cwd: dir });
const scope = ['--notation-scope', 'registry.example/shop'];

it('is verified under the statement of the repository that is named', async () => {
  expect(await verify('shop', ...scope)).toMatchObject({ code: 0, stdout: expect.stringContaining('O=Acme') });
});

it.each<readonly [string, string, readonly string[], number, RegExp]>([
  ['without a signature', 'bare', scope, 1, /^$/],
  [
    'of a repository that no statement is about',
    'shop',
    ['--notation-scope', 'registry.example/other'],
    2,
    /no statement/,
  ],
  ['whose repository is not named', 'shop', [], 2, /--notation-scope names the repository/],
  [
    'with a list that is none',
    'shop',
    [...scope, '--notation-crl', 'trustpolicy.json'],
    2,
    /list of revoked certificates/,
  ],
])('a layout %s is not', async (_what, target, more, code, said) => {
  const result = await verify(target, ...more);
  expect(result).toMatchObject({ code });
  expect(result.stderr).toMatch(said);
});

const sign = (target: string, ...more: string[]) =>
  runCommand(
    ['sign', target, '--format', 'notation', '--key', 'leaf.key', '--certificate-chain', 'chain.pem', ...more],
    { cwd: dir },
  );
const rootsOf = async (name: string) => {
  const index = JSON.parse(await readFile(path.join(dir, name, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  return index.manifests;
};

it('is signed into the layout itself, and verified there; what was listed before is listed as it was', async () => {
  const before = await rootsOf('unsigned');
  expect(await verify('unsigned', ...scope)).toMatchObject({ code: 1 });
  const signed = await sign('unsigned');
  expect(signed, signed.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('read back') });
  const manifest = signed.stdout.trim();
  expect(await rootsOf('unsigned')).toEqual([
    ...before,
    expect.objectContaining({ digest: manifest, artifactType: mediaTypes.notationSignature }),
  ]);
  expect(await verify('unsigned', ...scope)).toMatchObject({ code: 0, stdout: expect.stringContaining('O=Acme') });
  expect((await readdir(path.join(dir, 'unsigned'))).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
});

it('with --recursive each platform of an index, then the index, and each verifies alone', async () => {
  const [index] = await rootsOf('index');
  const signed = await sign('index:1.0', '--recursive');
  expect(signed, signed.stderr).toMatchObject({ code: 0 });
  const names = signed.stderr.match(/index@sha256:[0-9a-f]{64}/g) ?? [];
  expect(names).toHaveLength(3);
  expect(names.at(-1)).toBe(`index@${index?.digest}`);
  for (const name of [...names, 'index:1.0']) expect(await verify(name, ...scope), name).toMatchObject({ code: 0 });
});

it('two that sign the same layout at once both have their signature listed', async () => {
  const ended = await Promise.all([sign('twice'), sign('twice', '--expiry', 'P1D')]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  const listed = (await rootsOf('twice')).map(({ digest }) => digest);
  expect(listed).toEqual(expect.arrayContaining(ended.map(({ stdout }) => stdout.trim())));
});

it('is signed at once where a writer was killed in the middle of it, and nothing of either stays', async () => {
  const lock = path.join(dir, 'broken-off/index.json.lock');
  await writeFile(lock, '');
  expect(await sign('broken-off')).toMatchObject({ code: 0 });
  expect(await rootsOf('broken-off')).toHaveLength(2);
  expect(await readdir(path.join(dir, 'broken-off'))).toEqual(['blobs', 'index.json', 'oci-layout']);
});

it('waits for nobody through a link, and writes nothing there', async () => {
  await symlink(path.join(dir, 'elsewhere'), path.join(dir, 'lock-linked/index.json.lock'));
  expect(await sign('lock-linked')).toMatchObject({ code: 3, stderr: expect.stringContaining('no file of its own') });
  expect(await readdir(dir)).not.toContain('elsewhere');
});

it.each([
  ['with a link in it', 'linked', 3, 'is a link: a layout holds its own files only'],
  ['that is a file', 'chain.pem', 2, 'is a file'],
])('a layout %s is not written to', async (_what, target, code, said) => {
  const before = await readdir(path.join(dir, 'bare/blobs/sha256'));
  const ended = await sign(target);
  expect(ended).toMatchObject({ code, stderr: expect.stringContaining(said), stdout: '' });
  expect(await readdir(path.join(dir, 'bare/blobs/sha256'))).toEqual(before);
});
