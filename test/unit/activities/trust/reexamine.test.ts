/** What was recorded as verified, looked at again under the keys of today: of whom is trusted no more it is refused, and not forged. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { createEvidenceMemory } from '../../../../activities/trust/evidence-memory.ts';
import { openExaminer } from '../../../../activities/trust/examine-evidence.ts';
import { reexamine } from '../../../../activities/trust/reexamine.ts';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { readPolicy } from '../../../../adapters/postgres/parse-stored-policy.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { testsGate } from '../../../../domain/policy/gates/tests.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { readProvenance } from '../../../../domain/trust/read-provenance.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { buildImage, pushImage, type TestImage } from '../../../images.ts';
import { createJudged } from '../../domain/policy/judged-artifact.ts';

const REPOSITORY = 'shop/web';
const newSigner = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const ci = { old: newSigner(), new: newSigner() };
const policyOf = (...names: (keyof typeof ci)[]) =>
  readPolicy(
    `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: tests}]}
signers: ${JSON.stringify(names.map((name) => ({ name, publicKey: ci[name].publicKeyPem })))}
`,
    'policy.yaml',
  );

let image: TestImage;
let desk: ReturnType<typeof createRegistryEvidenceDesk>;
beforeEach(async () => {
  const { registry } = createMemoryRegistry();
  image = await buildImage({ layers: [{ files: { a: 'b' } }] });
  await pushImage(registry, REPOSITORY, image, '1.0');
  desk = createRegistryEvidenceDesk(registry);
});

async function attach(name: keyof typeof ci, result: 'PASSED' | 'FAILED'): Promise<void> {
  const predicate = { result, configuration: [{ name: 'e2e' }], [`${result.toLowerCase()}Tests`]: ['a'] };
  const statement = createStatement(image.top.digest, predicateTypes.testResult, predicate);
  const bundle = await createBundleSigner().sign(statement, ci[name]);
  const created = '2026-01-01T00:00:00Z';
  await desk.attach(REPOSITORY, [{ subject: image.top, predicateType: predicateTypes.testResult, bundle, created }]);
}

/** Recorded under one policy, judged under another by a process that has seen nothing yet. */
async function judged(
  before: ReturnType<typeof policyOf>,
  after: ReturnType<typeof policyOf>,
  change: (record: EvidenceRecord) => EvidenceRecord = (record) => record,
) {
  const deps = () =>
    ({
      desk,
      evidence: { ownKeys: async () => [], ownIdentities: async () => [] },
      keys: { held: async () => [] },
      ownIdentities: [],
      verifier: createBundleVerifier(),
      notation: createNotationVerifier(),
      readProvenance,
      memory: createEvidenceMemory(),
      now: () => new Date(),
    }) as unknown as Parameters<typeof reexamine>[0];
  const first = await openExaminer(deps(), before);
  const recorded: EvidenceRecord[] = [];
  for await (const attached of desk.read(REPOSITORY, image.top.digest, { limit: 9, known: new Set() })) {
    const record = await first.examine(attached, image.top.digest);
    if (record !== undefined) recorded.push(change(record));
  }
  const today = deps();
  const places = { repositories: [REPOSITORY], recorded };
  const evidence = await reexamine(today, await openExaminer(today, after), places, recorded);
  const artifact = createJudged({ evidence, key: { repository: REPOSITORY, digest: image.top.digest } });
  const context = { policy: after, now: new Date().toISOString(), environment: 'dev' };
  const outcome = testsGate({ gate: 'tests', warned: 'unknown' }, artifact, context);
  const codes = evidence.map(({ verification }) =>
    verification.outcome === 'rejected' ? verification.code : 'verified',
  );
  return { codes: codes.toSorted(), verdict: outcome.verdict };
}

it('a result by a signer who was taken out of the policy counts no more, and keeps none that counts from counting', async () => {
  await attach('old', 'FAILED');
  await attach('new', 'PASSED');
  expect(await judged(policyOf('old', 'new'), policyOf('old', 'new'))).toMatchObject({ verdict: 'fail' });
  expect(await judged(policyOf('old', 'new'), policyOf('new'))).toEqual({
    codes: ['SIGNER_UNKNOWN', 'verified'],
    verdict: 'pass',
  });
});

it('a row that names what is not there stays unclear', async () => {
  await attach('new', 'PASSED');
  const other = (record: EvidenceRecord) => ({ ...record, manifest: `sha256:${'e'.repeat(64)}` as Digest });
  expect(await judged(policyOf('new'), policyOf('new'), other)).toEqual({
    codes: ['RECORD_FORGED'],
    verdict: 'unknown',
  });
});
