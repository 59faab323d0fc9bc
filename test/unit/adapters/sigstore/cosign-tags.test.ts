import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../adapters/oci/digest-of.ts';
import { attachCosignSignature } from '../../../../adapters/sigstore/attach-cosign-signature.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { readCosignTags, signatureTag, type TaggedEvidence } from '../../../../adapters/sigstore/cosign-tags.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { digestHex, parseDigest } from '../../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../../domain/artifact/registry.ts';
import { preAuthenticationEncoding } from '../../../../domain/trust/pre-authentication-encoding.ts';
import { readSimpleSigning } from '../../../../domain/trust/simple-signing.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const subject = parseDigest(`sha256:${'a'.repeat(64)}`);
const place = { repository: 'shop', subject, reference: 'registry.example/shop' };
const signerOf = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const ours = signerOf();
const verifier = createBundleVerifier();
const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));

let memory: ReturnType<typeof createMemoryRegistry>;
beforeEach(() => {
  memory = createMemoryRegistry();
});

async function readAll(): Promise<TaggedEvidence[]> {
  const found: TaggedEvidence[] = [];
  for await (const one of readCosignTags(memory.registry, 'shop', subject)) found.push(one);
  return found;
}

/** Puts one layer under a tag of the subject, as cosign 2 would. */
async function pushTag(suffix: string, mediaType: string, bytes: Uint8Array, annotations: Record<string, string>) {
  const layer = { mediaType, digest: sha256(bytes), size: bytes.length, annotations };
  await memory.registry.putBlob('shop', layer, bytes);
  const config = { mediaType: mediaTypes.ociConfig, digest: sha256(encode({})), size: 2 };
  const manifest = encode({ schemaVersion: 2, config, layers: [layer] });
  await memory.registry.putManifest('shop', `sha256-${digestHex(subject)}.${suffix}`, manifest, mediaTypes.ociManifest);
}

describe('what stands under an older tag', () => {
  it('and is no manifest that can be read is said in its place, and what stands under the other is read', async () => {
    await pushTag('att', 'text/plain', encode({}), {});
    const { getManifest } = memory.registry;
    memory.registry.getManifest = async (repository, reference) => {
      if (reference === signatureTag(subject)) throw new RegistryError('REGISTRY_BAD_MANIFEST', 'it is no manifest');
      return getManifest(repository, reference);
    };
    expect(await readAll()).toMatchObject([
      { kind: 'unreadable', source: signatureTag(subject), reason: 'it is no manifest' },
      { kind: 'unreadable', source: `sha256-${digestHex(subject)}.att#1` },
    ]);
    memory.registry.getManifest = async () => {
      throw new RegistryError('REGISTRY_UNAVAILABLE', 'nobody answers');
    };
    await expect(readAll()).rejects.toThrow('nobody answers');
  });
});

describe('a signature under the older tag', () => {
  it('is written, read back and verified with its key alone, and names its subject', async () => {
    await attachCosignSignature(memory.registry, place, ours);
    const [found] = await readAll();
    if (found?.kind !== 'signature') throw new Error('no signature');
    const judged = await verifier.verifyMessage(found.bundle, found.payload, { keys: [ours.publicKeyPem] });
    expect(judged).toMatchObject({ outcome: 'verified', identity: { keyId: ours.keyId } });
    expect(readSimpleSigning(JSON.parse(new TextDecoder().decode(found.payload)))).toBe(subject);
    const stranger = signerOf();
    expect(await verifier.verifyMessage(found.bundle, found.payload, { keys: [stranger.publicKeyPem] })).toMatchObject({
      outcome: 'rejected',
    });
  });

  it('is written once, beside what others wrote, after it was announced', async () => {
    const other = signerOf();
    await attachCosignSignature(memory.registry, place, other);
    const announced: string[] = [];
    const first = await attachCosignSignature(memory.registry, place, ours, async (made) => {
      announced.push(...made);
      expect((await memory.registry.resolve('shop', signatureTag(subject)))?.digest).not.toBe(made[0]);
    });
    expect(announced).toEqual([first]);
    expect(await attachCosignSignature(memory.registry, place, ours)).toBe(first);
    expect(await readAll()).toHaveLength(2);
  });

  it('is not believed where another writer takes the tag', async () => {
    const { registry } = memory;
    const lost = { ...registry, resolve: async () => ({ mediaType: 'x', digest: subject, size: 1 }) };
    await expect(attachCosignSignature(lost, place, ours)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });
});

describe('an attestation under the older tag', () => {
  const payload = encode(createStatement(subject, predicateTypes.cycloneDx, { bomFormat: 'CycloneDX' }));
  const payloadType = 'application/vnd.in-toto+json';
  const envelopeOf = async (signer = ours) =>
    encode({
      payloadType,
      payload: Buffer.from(payload).toString('base64'),
      signatures: [
        {
          keyid: '',
          sig: Buffer.from(await signer.sign(preAuthenticationEncoding(payloadType, payload))).toString('base64'),
        },
      ],
    });
  const envelopeType = 'application/vnd.dsse.envelope.v1+json';

  it('verifies as the bundle it becomes', async () => {
    await pushTag('att', envelopeType, await envelopeOf(), { predicateType: predicateTypes.cycloneDx });
    const [found] = await readAll();
    if (found?.kind !== 'attestation') throw new Error('no attestation');
    expect(await verifier.verify(found.bundle, subject, { keys: [ours.publicKeyPem] })).toMatchObject({
      outcome: 'verified',
      statement: { predicateType: predicateTypes.cycloneDx },
    });
  });

  it.each<[string, string, Record<string, string>]>([
    ['a log entry that is none', envelopeType, { 'dev.sigstore.cosign/bundle': '{"Payload":7}' }],
    ['a certificate that is none', envelopeType, { 'dev.sigstore.cosign/certificate': 'PEM?' }],
    ['a timestamp that is none', envelopeType, { 'dev.sigstore.cosign/rfc3161timestamp': 'x' }],
    ['another kind of layer', 'application/octet-stream', {}],
    ['a payload without its signature', 'application/vnd.dev.cosign.simplesigning.v1+json', {}],
  ])('%s is said, not left out', async (_name, mediaType, annotations) => {
    await pushTag('att', mediaType, await envelopeOf(), annotations);
    expect(await readAll()).toMatchObject([{ kind: 'unreadable', reason: expect.any(String) }]);
  });
});

it('a subject without older tags has nothing', async () => {
  expect(await readAll()).toEqual([]);
});
