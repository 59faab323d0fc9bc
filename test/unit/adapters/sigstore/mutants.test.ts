/**
 * Each place of valid evidence spoilt in each way: refused, or accepted as the very same. `PRATIQUE_MUTANTS=<flips>` tries more
 * bytes of each field (200: nearly all, in minutes).
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { createBundleSigner, signMessage } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier, type MessageVerification } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import type { BundleVerification } from '../../../../domain/trust/evidence.ts';
import { createStatement } from '../../../../domain/trust/statement.ts';
import { mutateJson } from '../../../fixtures/mutants/mutate-json.ts';
import { testData } from '../../../fixtures/test-data.ts';

const FLIPS = Number(process.env.PRATIQUE_MUTANTS ?? 2);
const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const file = new TextEncoder().encode('a file');
const sha256 = createHash('sha256').update(file).digest('hex');

interface Evidence {
  readonly bundle: Uint8Array;
  verify(bundle: Uint8Array): Promise<BundleVerification | MessageVerification>;
}

const conformance = `${vectors}/sigstore-conformance/bundle-verify`;

/** A statement another made, under the trusted root of its Sigstore; `keys` where it is signed with one. */
function attested(bundleFile: string, rootFile: string, keys: string[] = []): Evidence {
  const bundle = readFileSync(bundleFile);
  const { dsseEnvelope } = JSON.parse(bundle.toString()) as { dsseEnvelope: { payload: string } };
  const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as {
    subject: { digest: Record<string, string> }[];
  };
  const verifier = createBundleVerifier(parseTrustRoot(readFileSync(rootFile), rootFile));
  return { bundle, verify: (bytes) => verifier.verifyDigests(bytes, statement.subject[0]!.digest, { keys }) };
}

function signed(name: string): Evidence {
  const root = `${conformance}/${name}/trusted_root.json`;
  const verifier = createBundleVerifier(parseTrustRoot(readFileSync(root), root));
  const artifact = readFileSync(`${conformance}/a.txt`);
  return {
    bundle: readFileSync(`${conformance}/${name}/bundle.sigstore.json`),
    verify: (bytes) => verifier.verifyMessage(bytes, artifact, { keys: [] }),
  };
}

const trusted = { keys: [signer.publicKeyPem] };
const publicGood = `${bundles}/trusted_root.json`;
const own: Record<string, () => Promise<Evidence> | Evidence> = {
  'a statement under a key': async () => ({
    bundle: await createBundleSigner().sign(
      createStatement(`sha256:${sha256}` as never, 'https://example.com/t', { a: [1, 2] }),
      signer,
    ),
    verify: (bytes) => createBundleVerifier().verifyDigests(bytes, { sha256 }, trusted),
  }),
  'a file under a key': async () => ({
    bundle: await signMessage(file, signer),
    verify: (bytes) => createBundleVerifier().verifyMessage(bytes, file, trusted),
  }),
};
const foreign: Record<string, () => Evidence> = {
  'a statement under a certificate, logged as dsse': () =>
    attested(`${vectors}/sigstore-js/tests/bundles/bundleV03-dsse.sigstore`, publicGood),
  'a statement under a certificate, logged as intoto': () =>
    attested(`${vectors}/sigstore-js/tests/bundles/bundleV02-intoto.sigstore`, publicGood),
  'a statement with a promise and no proof': () =>
    attested(`${vectors}/sigstore-js/tests/bundles/bundleV01-dsse-no-proof.sigstore`, publicGood),
  "a publication under npm's key, logged": () =>
    attested(`${bundles}/npm/bundle-publish.json`, publicGood, [
      readFileSync(`${bundles}/npm/publish_key.pub`, 'utf8'),
    ]),
  'a file in Rekor v2, with a timestamp': () => signed('rekor2-timestamp-with-expired-cert-chain'),
  'a file in Rekor v2, with cosignatures': () => signed('rekor2-checkpoint-multiple-cosigs'),
};

/** Nothing in the result that is not in the original: a mutant may lose a proof that was not needed, and gains none. */
function isNoMore(result: object, original: object): boolean {
  const claims = (value: object) => {
    const { proof, ...rest } = value as { proof?: { times: unknown[]; logs: unknown[]; certificate?: unknown } };
    const parts = [...(proof?.times ?? []), ...(proof?.logs ?? []), proof?.certificate ?? null];
    return { rest: JSON.stringify(rest), parts: parts.map((part) => JSON.stringify(part)) };
  };
  const [mine, first] = [claims(result), claims(original)];
  return mine.rest === first.rest && mine.parts.every((part) => part === 'null' || first.parts.includes(part));
}

async function countMutants({ bundle, verify }: Evidence): Promise<{ tried: number; accepted: string[] }> {
  const original = await verify(bundle);
  expect(original.outcome, JSON.stringify(original)).toBe('verified');
  const accepted: string[] = [];
  let tried = 0;
  for (const { name, text } of mutateJson(JSON.parse(Buffer.from(bundle).toString()), FLIPS)) {
    tried += 1;
    const result = await verify(Buffer.from(text));
    if (result.outcome === 'verified' && !isNoMore(result, original)) accepted.push(name);
  }
  return { tried, accepted };
}

it.each(Object.keys(own))('%s', async (name) => {
  const { tried, accepted } = await countMutants(await own[name]!());
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});

it.skipIf(vectors === undefined || bundles === undefined).each(Object.keys(foreign))(
  '%s',
  async (name) => {
    const { tried, accepted } = await countMutants(foreign[name]!());
    expect(accepted).toEqual([]);
    expect(tried).toBeGreaterThan(300);
  },
  600_000,
);
