/** Ten thousand foreign referrers on one digest: nothing is hidden, nothing is held up, and they cost what they cost once. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createEvidenceMemory } from '../../activities/trust/evidence-memory.ts';
import { openExaminer } from '../../activities/trust/examine-evidence.ts';
import { recordEvidence } from '../../activities/trust/record-evidence.ts';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createNotationVerifier } from '../../adapters/notation/notation-verifier.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { readPolicy } from '../../adapters/postgres/parse-stored-policy.ts';
import { createBundleManifest } from '../../adapters/sigstore/bundle-manifest.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../adapters/sigstore/registry-evidence-desk.ts';
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type FakeRegistry, startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { buildImage, digestOf, pushImage, type TestImage } from '../images.ts';
import { createHarbour, policyText } from '../integration/postgres/harbour.ts';

const FLOOD = 10_000;
const REPOSITORY = 'shop/flooded';
const created = '2026-01-02T03:04:05Z';
const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ci');
const indented = signer.publicKeyPem.trim().replaceAll(/^/gm, '      ');
const policy = readPolicy(
  policyText(1, { rest: `signers:\n  - name: ci\n    publicKey: |\n${indented}\n` }),
  'policy.yaml',
);

let own: TestDatabase;
let opened: { server: FakeRegistry; close: () => Promise<void> } | undefined;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});
afterAll(() => own.drop());

async function open(referrersApi: boolean) {
  const server = await startFakeRegistry({ referrersApi, pageSize: FLOOD });
  const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
  const registry = createOciRegistry({ host: server.host, egress, lease: createInProcessLease() });
  opened = {
    server,
    close: async () => {
      await egress.close();
      await server[Symbol.asyncDispose]();
    },
  };
  const image = await buildImage({ layers: [{ files: { label: `${referrersApi}` } }] });
  await pushImage(registry, REPOSITORY, image, '1.0');
  const desk = createRegistryEvidenceDesk(registry);
  const deps = {
    desk,
    evidence: createHarbour(own.db).evidence,
    keys: {
      evidence: () => Promise.reject(new Error('signs nothing')),
      admission: () => Promise.reject(new Error('signs nothing')),
      held: () => Promise.resolve([]),
    },
    ownIdentities: [],
    verifier: createBundleVerifier(),
    readProvenance: () => undefined,
    memory: createEvidenceMemory(),
    notation: createNotationVerifier(),
    now: () => new Date(),
  };
  const requests = async (act: () => Promise<unknown>) => {
    const before = server.seen.length;
    await act();
    return server.seen.length - before;
  };
  const look = () => recordEvidence(deps, policy, REPOSITORY, [image.top.digest]);
  const verified = async () =>
    (await deps.evidence.recorded({ repository: REPOSITORY, digest: image.top.digest })).filter(
      ({ verification }) => verification.outcome === 'verified',
    );
  return { server, registry, image, desk, deps, requests, look, verified };
}

/** Straight into the registry's memory: foreign bundles that nobody trusts, each a little different. */
function flood(server: FakeRegistry, { top }: TestImage): Descriptor[] {
  const listed: Descriptor[] = [];
  for (let count = 0; count < FLOOD; count += 1) {
    const bundle = new TextEncoder().encode(`{"flood":${count}}`);
    const made = createBundleManifest(top, bundle, predicateTypes.cosignSignature, created);
    for (const { descriptor, bytes } of made.blobs)
      server.store.repository(REPOSITORY).blobs.set(descriptor.digest, bytes);
    server.store.putManifest(REPOSITORY, made.descriptor.digest, made.bytes, made.descriptor.mediaType);
    listed.push({ ...made.descriptor, artifactType: mediaTypes.ociEmpty });
  }
  return listed;
}

const signature = async (image: TestImage) => ({
  subject: image.top,
  predicateType: predicateTypes.cosignSignature,
  bundle: await createBundleSigner().sign(createCosignSignature(image.top.digest), signer),
  created,
});

it('a signature behind ten thousand foreign referrers is found; they cost two requests each, once, and none afterwards', async () => {
  const { server, image, desk, requests, look, verified } = await open(true);
  await requests(look);
  const idle = await requests(look);
  flood(server, image);
  await desk.attach(REPOSITORY, [await signature(image)]);
  const flooded = await requests(look);
  expect(await verified()).toMatchObject([{ predicateType: predicateTypes.cosignSignature, origin: 'foreign' }]);
  // Manifest and blob of each; the signature's two; the list has a second page now.
  const listing = idle + 1;
  expect(flooded).toBeLessThanOrEqual(2 * FLOOD + 2 + listing);
  expect(await requests(look)).toBe(listing);
});

it('a list that a flood has filled takes ours all the same, and keeps what was there before the flood', async () => {
  const { server, image, registry, desk, look, verified } = await open(false);
  await desk.attach(REPOSITORY, [await signature(image)]);
  const tag = `sha256-${digestHex(image.top.digest)}`;
  const [first] = await registry.listReferrers(REPOSITORY, image.top.digest);
  const fakes = Array.from({ length: FLOOD }, (_, count) => ({
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(new TextEncoder().encode(`fake ${count}`)),
    size: 500,
    artifactType: 'application/vnd.evil',
  }));
  const list = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [first, ...fakes.slice(1)] };
  server.store.putManifest(REPOSITORY, tag, new TextEncoder().encode(JSON.stringify(list)), mediaTypes.ociIndex);
  const another = { ...(await signature(image)), created: '2026-01-02T03:04:06Z' };
  const [ours] = await desk.attach(REPOSITORY, [another]);
  const listed = (await registry.listReferrers(REPOSITORY, image.top.digest)).map(({ digest }) => digest);
  expect(listed).toContain(ours?.manifest);
  expect(listed).toContain(first?.digest);
  await look();
  expect(await verified()).toHaveLength(2);
});

it.each([
  ['no index at all', '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}'],
  [
    'more than a list may have',
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: Array.from({ length: FLOOD + 1 }, () => ({
        mediaType: 'a',
        digest: `sha256:${'a'.repeat(64)}`,
        size: 1,
      })),
    }),
  ],
])('a list that is %s is replaced, and holds nobody up', async (_, text) => {
  const { server, image, registry, desk } = await open(false);
  const tag = `sha256-${digestHex(image.top.digest)}`;
  server.store.putManifest(REPOSITORY, tag, new TextEncoder().encode(text), mediaTypes.ociIndex);
  const [ours] = await desk.attach(REPOSITORY, [await signature(image)]);
  expect((await registry.listReferrers(REPOSITORY, image.top.digest)).map(({ digest }) => digest)).toEqual([
    ours?.manifest,
  ]);
});

it('what this process saw is remembered by keys, subject and manifest: other keys look again', async () => {
  const { deps, desk, image, look } = await open(true);
  const [attached] = await desk.attach(REPOSITORY, [await signature(image)]);
  await look();
  const other = readPolicy(policyText(2), 'policy.yaml');
  const manifest = attached!.manifest;
  expect((await openExaminer(deps, policy)).recall(manifest, image.top.digest)).toMatchObject({ manifest });
  expect((await openExaminer(deps, other)).recall(manifest, image.top.digest)).toBeUndefined();
});
