import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareImages } from '../../../../adapters/builder/compare-images.ts';
import { createLocalBuildSigner } from '../../../../adapters/builder/local-build-signer.ts';
import { type BuildPublication, publishBuild } from '../../../../adapters/builder/publish-build.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { FinishedBuild } from '../../../../domain/building/builder.ts';
import { readProvenance } from '../../../../domain/trust/read-provenance.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { directHere } from '../../../faults/obey.ts';
import { createFolder, readImage, runOciImage } from './run-oci-image.ts';

let root: string;
beforeEach(async () => {
  root = await createFolder();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const commit = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey, 'the test key');

/** A finished build of these files. */
async function finish(
  name: string,
  files: Record<string, string>,
  options: readonly string[] = [],
): Promise<FinishedBuild> {
  const workspace = path.join(root, name);
  await mkdir(path.join(workspace, 'app'), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(workspace, 'app', file), text);
  await runOciImage(workspace, ['--output', 'out', '--layer', 'app:/app', ...options]);
  const layout = path.join(workspace, 'out');
  const { top } = await readImage(layout);
  return {
    source: {
      ...{ repository: 'https://git.example.com/shop', commit, signedBy: 'dev@example.com', signatureKind: 'ssh' },
      ...{ authorEmail: 'a@example.com', committerEmail: 'c@example.com', committedAt: 1714564800 },
    },
    layout,
    workspace,
    digest: top.digest,
    mediaType: top.mediaType,
    toolchain: { node: 'v24.0.0' },
    startedOn: '2024-05-01T12:00:00.000Z',
    finishedOn: '2024-05-01T12:01:00.000Z',
    logTail: '',
    isolation: { user: true, network: true, namespaces: true },
  };
}

const publication = {
  ...{ repository: 'shop', invocationId: 'urn:uuid:1' },
  get buildSigner() {
    return createLocalBuildSigner({
      ...{ signer, bundleSigner: createBundleSigner(), buildFolder: root },
      ...{ builderId: 'https://ci.example.com/builder', builderHost: 'host-1' },
    });
  },
};
const publish = (more: Omit<BuildPublication, keyof typeof publication>) =>
  publishBuild({ ...publication, buildSigner: publication.buildSigner, ...more });

test('image, signature and provenance are in the registry, each verifiable, before the tag is', async () => {
  const { registry } = createMemoryRegistry();
  const finished = await finish('one', { 'main.js': 'main' });
  const writes: string[] = [];
  const watched: typeof registry = {
    ...registry,
    putManifest: async (repository, reference, ...rest) => {
      writes.push(reference);
      return registry.putManifest(repository, reference, ...rest);
    },
    attachReferrers: async (...args) => {
      writes.push('evidence');
      return registry.attachReferrers(...args);
    },
  };
  const { descriptor, evidence } = await publish({ finished, registry: watched, tag: '1.0' });
  expect(descriptor.digest).toBe(finished.digest);
  expect(writes).toEqual([finished.digest, 'evidence', '1.0']);
  expect(await registry.resolve('shop', '1.0')).toMatchObject({ digest: finished.digest });
  const read = async (manifest: Digest) => {
    const stored = await registry.getManifest('shop', manifest);
    if (stored?.content.kind !== 'manifest') throw new Error('no manifest');
    const bundle = await registry.getBlobBytes('shop', stored.content.manifest.layers[0]!, 1e6);
    const verified = await createBundleVerifier().verify(bundle, finished.digest, { keys: [signer.publicKeyPem] });
    if (verified.outcome !== 'verified') throw new Error(verified.reason);
    return verified.statement;
  };
  expect((await read(evidence.signature)).predicateType).toBe(predicateTypes.cosignSignature);
  const provenance = await read(evidence.provenance);
  expect(readProvenance(provenance)).toMatchObject({
    ...{ builderId: 'https://ci.example.com/builder', builderHost: 'host-1', commit },
    sourceRepository: 'https://git.example.com/shop',
  });
  expect(provenance.predicate).toMatchObject({
    buildDefinition: {
      internalParameters: {
        isolation: { user: true, network: true, namespaces: true },
        ...{ hermetic: false, slsaBuildLevel: 2 },
      },
    },
  });
});

test('a layout changed after it was read is not published', async () => {
  const { registry } = createMemoryRegistry();
  const finished = await finish('one', { 'main.js': 'main' });
  await finish('one', { 'main.js': 'other' });
  await expect(publish({ finished, registry, tag: '1.0' })).rejects.toThrow(/built was/);
  expect(await registry.resolve('shop', '1.0')).toBeUndefined();
});

test('two published images are compared file by file, from the registry', async () => {
  const { registry } = createMemoryRegistry();
  const clean = await finish('clean', { 'main.js': 'main', 'gone.js': 'x' }, ['--entrypoint', 'a']);
  const tampered = await finish('tampered', { 'main.js': 'evil', 'door.js': 'x' }, ['--entrypoint', 'b']);
  for (const finished of [clean, tampered]) await publish({ finished, registry });
  const place = (finished: FinishedBuild) => ({ registry, repository: 'shop', digest: finished.digest });
  const options = { signal: new AbortController().signal };
  const difference = await compareImages(place(clean), place(tampered), options);
  const layerOf = async ({ layout }: FinishedBuild) => (await readImage(layout)).manifest.layers[0]!.digest;
  expect(difference).toMatchObject({
    identical: false,
    added: [{ path: 'app/door.js', layer: await layerOf(tampered), mode: 0o644, owner: '0:0', size: 1 }],
    removed: [{ path: 'app/gone.js', layer: await layerOf(clean) }],
    changed: [{ path: 'app/main.js', aspects: ['content'] }],
    totals: { added: 1, removed: 1, changed: 1, unchanged: 1 },
    configuration: ['Entrypoint'],
  });
  const unread = { ...registry, getManifest: () => Promise.reject(new Error('nothing may be read')) };
  const same = await compareImages(
    { ...place(clean), registry: unread },
    { ...place(clean), registry: unread },
    options,
  );
  expect(same.identical).toBe(true);
});

test('a build that dies once its image is pushed has no tag, published again it has both, evidence first', async () => {
  const faults = directHere();
  const { registry } = createMemoryRegistry();
  const finished = await finish('again', { 'main.js': 'main' });
  const trap = faults.stopAt('rebuild.pushed', { about: finished.digest });
  const dying = publish({ finished, registry, tag: '1.0' });
  (await trap.stopped).fail('the process is gone');
  await expect(dying).rejects.toThrow('the process is gone');
  faults.close();
  expect(await registry.resolve('shop', '1.0')).toBeUndefined();
  expect(await registry.listReferrers('shop', finished.digest)).toEqual([]);
  await publish({ finished, registry, tag: '1.0' });
  expect(await registry.resolve('shop', '1.0')).toMatchObject({ digest: finished.digest });
  expect(await registry.listReferrers('shop', finished.digest)).toHaveLength(2);
});
