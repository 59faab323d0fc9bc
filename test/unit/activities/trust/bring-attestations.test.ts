/** What GitHub keeps about an image is attached to it, once, where the policy says so and it verifies. */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { bringAttestations } from '../../../../activities/trust/bring-attestations.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { keyIdOf } from '../../../../adapters/sigstore/key-id.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { type Digest, parseDigest } from '../../../../domain/artifact/digest.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const newSigner = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const signer = newSigner();

const policy = parsePolicy(
  `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['**']}
attestations:
  - {repository: 'shop/**', github: acme/shop}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: signature}]}
signers:
  - name: ci
    publicKey: |
${signer.publicKeyPem.trim().replaceAll(/^/gm, '      ')}
`,
  'policy.yaml',
  { sha256, keyIdOf: (pem) => keyIdOf(createPublicKey(pem)) },
);

async function stage(repository: string) {
  const { registry } = createMemoryRegistry();
  const config = Buffer.from('{}');
  const described = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: 2 };
  await registry.putBlob(repository, described, config);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: described, layers: [] }));
  await registry.putManifest(repository, sha256(bytes), bytes, mediaType);
  const subject = { mediaType, digest: sha256(bytes), size: bytes.length };
  const statement = createCosignSignature(subject.digest);
  const bundles = [
    await createBundleSigner().sign(statement, signer),
    await createBundleSigner().sign(statement, newSigner()),
    await createBundleSigner().sign(createCosignSignature(sha256(Buffer.from('another'))), signer),
    Buffer.from('no bundle'),
  ];
  const asked: [string, Digest][] = [];
  const desk = createRegistryEvidenceDesk(registry);
  const recorded: EvidenceRecord[] = [];
  const bring = () =>
    bringAttestations(
      {
        attestations: {
          attestationsOf: async (place, digest) => {
            asked.push([place, digest]);
            return bundles;
          },
        },
        ...{ desk, evidence: { recorded: async () => recorded }, verifier: createBundleVerifier(), sha256 },
        now: () => new Date('2026-01-01T00:00:00Z'),
      },
      policy,
      repository,
      [subject],
    );
  const attached = async () => {
    const found: Digest[] = [];
    for await (const item of desk.read(repository, subject.digest, { limit: 10, known: new Set() }))
      if (item.kind === 'bundle') found.push(item.bundle);
    return found;
  };
  return { bring, attached, asked, recorded, subject, good: sha256(bundles[0] ?? Buffer.alloc(0)) };
}

it('attaches what verifies about this image, and nothing else', async () => {
  const { bring, attached, asked, subject, good } = await stage('shop/web');
  await bring();
  expect(asked).toEqual([['acme/shop', subject.digest]]);
  expect(await attached()).toEqual([good]);
  // The same again is the same attachment.
  await bring();
  expect(await attached()).toEqual([good]);
});

it('attaches nothing that is recorded already', async () => {
  const { bring, attached, recorded, subject, good } = await stage('shop/web');
  recorded.push({
    ...{ manifest: good, bundle: good, subject: subject.digest, predicateType: 'x', origin: 'foreign' },
    verification: { outcome: 'verified', identity: { kind: 'key', keyId: signer.keyId } },
  });
  await bring();
  expect(await attached()).toEqual([]);
});

it('asks nobody about repositories that the policy does not list', async () => {
  const { bring, asked } = await stage('other/web');
  await bring();
  expect(asked).toEqual([]);
});
