/** What is stored as signed by us goes out again under our name: somebody who writes to the table gets nothing else out with it. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verdictPublication } from '../../activities/trust/attest.ts';
import { type Publication, signAll } from '../../activities/trust/publish.ts';
import { readPolicy } from '../../adapters/postgres/parse-stored-policy.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../adapters/sigstore/registry-evidence-desk.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { createMemoryRegistry } from '../fakes/memory-registry.ts';
import { createHarbour, digestOf, policyText } from '../integration/postgres/harbour.ts';

const newSigner = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const signer = newSigner();
const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const policy = readPolicy(policyText(1), 'policy.yaml');
const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('kept'), size: 7 };

let own: TestDatabase;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

function dependencies() {
  return {
    desk: createRegistryEvidenceDesk(createMemoryRegistry().registry),
    evidence: createHarbour(own.db).evidence,
    bundles: createBundleSigner(),
    verifier: createBundleVerifier(),
    sha256,
  };
}

const INSTALLATION = { uri: 'https://p.example', version: '1', registryHost: 'registry.example' };

/** A summary of our verdict; `id` is its row's, and names the step. */
function summaryOf(id: number, change: Partial<Verdict> = {}, installation = INSTALLATION): Publication {
  const verdict: Verdict = {
    key: { repository: 'shop', digest: subject.digest },
    environment: 'prod',
    outcome: 'fail',
    mode: 'enforce',
    admitted: false,
    gates: [],
    policy: { digest: policy.digest, version: 1 },
    decisionDigest: digestOf('a decision'),
    evaluatedAt: '2026-01-02T03:04:05Z',
    ...change,
  };
  return verdictPublication({ installation }, policy, verdict, subject, signer, id);
}

/** Puts `bundle` in place of what was signed first. */
async function exchange(manifest: Digest, bundle: Uint8Array): Promise<void> {
  const digest = sha256(bundle);
  await own.db
    .insertInto('blob')
    .values({ digest, media_type: 'x', size: bundle.length, bytes: Buffer.from(bundle) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const changed = await own.db.updateTable('signed_statement').set({ bundle: digest }).executeTakeFirst();
  expect(changed.numUpdatedRows, manifest).toBe(1n);
}

describe('a kept statement', () => {
  async function replaced(by: Uint8Array): Promise<unknown> {
    const deps = dependencies();
    await own.db.deleteFrom('signed_statement').execute();
    count += 1;
    const publication = summaryOf(count);
    const [first] = await signAll(deps, [publication]);
    expect(await signAll(deps, [publication])).toEqual([{ ...first, mayBeThere: true }]);
    await exchange(first!.manifest, by);
    return signAll(deps, [publication]).catch((error: unknown) => error);
  }
  const signed = async (publication: Publication, by = signer) =>
    createBundleSigner().sign(await publication.statement(), by);
  const forged = { code: 'KEPT_STATEMENT_FORGED' };

  it('goes out again: the others differ from it in one thing', async () => {
    expect(await replaced(await signed(summaryOf(0, { evaluatedAt: '2026-02-02T03:04:05Z' })))).toHaveLength(1);
  });

  it.each([{ uri: 'https://acme.example/pratique' }, { registryHost: 'registry.example:5001' }])(
    'of before the installation or its registry was called otherwise is left as it was, and another one is signed: %j',
    async (change) => {
      const deps = dependencies();
      count += 1;
      const [before] = await signAll(deps, [summaryOf(count)]);
      const [after] = await signAll(deps, [summaryOf(count, {}, { ...INSTALLATION, ...change })]);
      expect(after?.mayBeThere).toBe(false);
      expect(after?.manifest).not.toBe(before?.manifest);
    },
  );

  it('that verifies no more under the trusted root in force makes room for another one, and only that', async () => {
    const { evidence } = dependencies();
    const [step, other] = [{ step: digestOf('a step'), keyId: 'us' }, Buffer.from('{"another": 1}')];
    const kept = async (bundle: Buffer) => (await evidence.keep([{ ...step, bundle }]))[0]?.bundle.toString();
    const first = Buffer.from('{"first": 1}');
    await kept(first);
    await evidence.forget({ ...step, bundle: other });
    expect(await kept(other)).toBe(first.toString());
    await evidence.forget({ ...step, bundle: first });
    expect(await kept(other)).toBe(other.toString());
  });

  it('that says PASSED, once signed by us about another decision, does not', async () => {
    expect(await replaced(await signed(summaryOf(0, { outcome: 'pass', admitted: true })))).toMatchObject(forged);
  });

  it('of another environment does not', async () => {
    expect(await replaced(await signed(summaryOf(0, { environment: 'dev' })))).toMatchObject(forged);
  });

  it('of another policy does not', async () => {
    expect(
      await replaced(await signed(summaryOf(0, { policy: { digest: digestOf('old'), version: 0 } }))),
    ).toMatchObject(forged);
  });

  it('by another key does not', async () => {
    expect(await replaced(await signed(summaryOf(0), newSigner()))).toMatchObject(forged);
  });

  it('that is no bundle does not', async () => {
    expect(await replaced(Buffer.from('{}'))).toMatchObject(forged);
  });
});
