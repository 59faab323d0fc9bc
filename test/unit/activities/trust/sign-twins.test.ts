/** What is signed twice: both signatures over the same bytes, once each, and nothing else in their place. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import {
  attachAll,
  type Publication,
  type PublishDependencies,
  signAll,
} from '../../../../activities/trust/publish.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { SignedBundle } from '../../../../domain/policy/verdict-book.ts';
import { signaturePolicyRefusal } from '../../../../domain/trust/dual-signatures.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import type { Signer } from '../../../../domain/trust/signer.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { buildImage, pushImage } from '../../../images.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const ecdsa = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const twin = createLocalSigner(generateKeyPairSync('ml-dsa-65').privateKey, 'test');
const first = ecdsa();
const REPOSITORY = 'shop/web';

let kept: Map<string, SignedBundle>;
let records: EvidenceRecord[];
let deps: PublishDependencies;
let subject: Publication['subject'];
beforeEach(async () => {
  kept = new Map();
  records = [];
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { label: 'web' } }] });
  await pushImage(registry, REPOSITORY, image, '1.0');
  subject = image.top;
  const place = ({ step, keyId }: { step: string; keyId: string }) => `${step} ${keyId}`;
  const evidence = {
    signed: async (asked: readonly { step: string; keyId: string }[]) => asked.map((step) => kept.get(place(step))),
    keep: async (made: readonly { step: string; keyId: string; bundle: Uint8Array }[]) =>
      made.map((item) => {
        const bundle = kept.get(place(item)) ?? { bundle: item.bundle, signedAt: '2026-01-01T00:00:00.000Z' };
        kept.set(place(item), bundle);
        return bundle;
      }),
    record: async (_repository: string, made: readonly EvidenceRecord[]) => void records.push(...made),
  } as unknown as PublishDependencies['evidence'];
  deps = {
    ...{ desk: createRegistryEvidenceDesk(registry), evidence, bundles: createBundleSigner() },
    ...{ verifier: createBundleVerifier(), sha256 },
  };
});

let clock = 0;
/** What it says is another time at each call, as real ones do. */
const publication = (signer: Signer, step = 'a verdict'): Publication => ({
  step: [predicateTypes.vsa, step],
  subject,
  signer,
  statement: async () => {
    clock += 1;
    return createStatement(subject.digest, predicateTypes.vsa, { verificationResult: 'PASSED', at: clock });
  },
});
const dual: Signer = { ...first, twin };

it('both are attached, recorded, and over the same bytes', async () => {
  await attachAll(deps, REPOSITORY, await signAll(deps, [publication(dual)]));
  const keys = [first.publicKeyPem, twin.publicKeyPem];
  const found = [];
  for await (const attached of deps.desk.read(REPOSITORY, subject.digest, { limit: 10, known: new Set() }))
    if (attached.kind === 'bundle') found.push(await deps.verifier.verify(attached.bytes, subject.digest, { keys }));
  expect(found.map((one) => one.outcome === 'verified' && one.signed?.algorithm).toSorted()).toEqual([
    'classical',
    'post-quantum',
  ]);
  const signed = found.map((one) => (one.outcome === 'verified' ? one.signed : undefined));
  for (const one of signed) expect(signaturePolicyRefusal('all', one, signed)).toBeUndefined();
  expect(records.map(({ verification }) => verification.outcome === 'verified' && verification.signed)).toEqual(
    expect.arrayContaining(signed),
  );
});

it('the first ones come first, in order; without a twin nothing is signed twice', async () => {
  const signed = await signAll(deps, [publication(first, 'one'), publication(dual, 'two'), publication(dual, 'three')]);
  const ids = signed.map(({ identity }) => (identity.kind === 'key' ? identity.keyId : ''));
  expect(ids).toEqual([first.keyId, first.keyId, first.keyId, twin.keyId, twin.keyId]);
  expect(new Set(signed.map(({ manifest }) => manifest)).size).toBe(5);
});

it('tried again it is the same; a second key that was away signs what the first one signed then', async () => {
  let isAway = true;
  const away: Signer = {
    ...first,
    twin: { ...twin, sign: (data) => (isAway ? Promise.reject(new Error('stopped')) : twin.sign(data)) },
  };
  await expect(signAll(deps, [publication(away)])).rejects.toThrow('stopped');
  const [alone] = [...kept.values()];
  isAway = false;
  const both = await signAll(deps, [publication(away)]);
  expect(both.map(({ bundle }) => bundle)).toEqual([alone?.bundle, expect.anything()]);
  const again = await signAll(deps, [publication(away)]);
  expect(again).toEqual(both.map((item) => ({ ...item, mayBeThere: true })));
});

it('another key in the place of the first has the second sign anew', async () => {
  const [, before] = await signAll(deps, [publication(dual)]);
  const [rotated, after] = await signAll(deps, [publication({ ...ecdsa(), twin })]);
  expect(after?.signed?.digest).toBe(rotated?.signed?.digest);
  expect(after?.signed?.digest).not.toBe(before?.signed?.digest);
});

it.each<readonly [string, () => Promise<Uint8Array>]>([
  ['by another key', async () => createBundleSigner().sign(await publication(dual).statement(), ecdsa())],
  ['over other bytes', async () => createBundleSigner().sign(await publication(dual).statement(), twin)],
  ['no bundle', async () => Buffer.from('{}')],
])('a stored second signature that is %s does not go out', async (_what, forge) => {
  await signAll(deps, [publication(dual)]);
  const [place] = [...kept].find(([name]) => name.endsWith(twin.keyId)) ?? [];
  kept.set(place!, { bundle: await forge(), signedAt: '2026-01-01T00:00:00.000Z' });
  await expect(signAll(deps, [publication(dual)])).rejects.toMatchObject({ code: 'KEPT_STATEMENT_FORGED' });
});
