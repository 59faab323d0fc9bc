/** Evidence that is attached where an artifact was pushed, after it entered its first environment: with real rows, keys and bundles. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { copyIntoEnvironment } from '../../../activities/copy-into-environment.ts';
import type { TrustActivities } from '../../../activities/trust/activities.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createBundleSigner } from '../../../adapters/sigstore/bundle-signer.ts';
import { ensureKeys } from '../../../adapters/sigstore/local-key-ring.ts';
import { createLocalSigner } from '../../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createStatement, predicateTypes } from '../../../domain/trust/statement.ts';
import { buildImage, pushImage, type TestImage } from '../../images.ts';
import { policyText } from './harbour.ts';
import {
  admission,
  folder,
  harbour,
  inActivity,
  PASSPHRASE,
  read,
  registry,
  request,
  signedBy,
  startTrustWorker,
  useRotationStage,
} from './rotation-stage.ts';

useRotationStage();

const ci = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ci');
const asksForTests = (environment: string) =>
  policyText(2, { rest: `signers: [{ name: ci, publicKey: ${JSON.stringify(ci.publicKeyPem)} }]\n` }).replace(
    new RegExp(`('${environment}/.*gates: \\[)\\{ gate: digest \\}`),
    '$1{ gate: tests, signers: [ci] }',
  );
let image: TestImage;
let digest: Digest;
beforeEach(async () => {
  image = await buildImage({ layers: [{ files: { label: 'shop' } }] });
  digest = await pushImage(registry, 'shop', image, '1.0');
});

const evidenceDesk = () => createRegistryEvidenceDesk(registry);
async function testsRan(trust: TrustActivities, run: string): Promise<void> {
  const result = { result: 'PASSED', configuration: [{ name: 'e2e' }], passedTests: [run] };
  const bundle = await createBundleSigner().sign(createStatement(digest, predicateTypes.testResult, result), ci);
  const attached = { subject: image.top, predicateType: predicateTypes.testResult, created: '2026-01-01T00:00:00Z' };
  await evidenceDesk().attach('shop', [{ ...attached, bundle }]);
  await inActivity(() => trust.attest({ repository: 'shop', digest, generation: 1 }));
}
async function copied(key: PromotionKey): Promise<void> {
  expect(await harbour.promotions.reserve(key, 60)).toMatchObject({ outcome: 'reserved' });
  const deps = {
    ...harbour,
    desk: evidenceDesk(),
    copyArtifact: (route: Parameters<typeof copyArtifact>[1]) => copyArtifact(registry, route),
  };
  expect(await inActivity(() => copyIntoEnvironment(deps, key))).toEqual({ outcome: 'copied' });
}
/** Test results in a repository, each there and listed. */
async function resultsIn(repository: string): Promise<number> {
  const recorded = await harbour.evidence.recorded({ repository, digest });
  const results = recorded.filter(({ predicateType }) => predicateType === predicateTypes.testResult);
  expect(await evidenceDesk().missing(repository, results)).toEqual([]);
  return results.length;
}
const verdictOf = async (environment: string) =>
  (await harbour.verdicts.latest({ repository: 'shop', digest }, environment))?.verdict.outcome;

test('goes along into the environment that asks for it, and counts there by whoever looks', async () => {
  await ensureKeys(folder, PASSPHRASE, ['staging']);
  await harbour.policies.activate(asksForTests('staging'), 'policy.yaml', 'test');
  const [trust, other] = [await startTrustWorker(), await startTrustWorker()];
  const dev = await harbour.requestDev({ repository: 'shop', digest });
  await inActivity(() => trust.attest({ repository: 'shop', digest, generation: 1 }));
  await copied(dev);
  expect(await inActivity(() => trust.admit(dev))).toMatchObject({ outcome: 'admitted' });
  const staging = { ...dev, environment: 'staging' };
  expect(await harbour.promotions.goLive(dev)).toMatchObject({ outcome: 'live', next: [{ key: staging }] });
  await testsRan(trust, 'what runs in dev');
  await inActivity(() => other.judgeAgain(staging));
  expect(await verdictOf('staging')).toBe('pass');
  await copied(staging);
  // One more, that was not copied: who has seen it verify where it was pushed has not seen it here.
  await testsRan(trust, 'while it was copied');
  for (const worker of [trust, other])
    expect(await inActivity(() => worker.admit(staging))).toMatchObject({ outcome: 'refused', state: 'cancelled' });
  await copied(staging);
  expect(await inActivity(() => other.admit(staging))).toMatchObject({ outcome: 'admitted' });
  expect(await harbour.promotions.goLive(staging)).toMatchObject({ outcome: 'live' });
  expect(await resultsIn('staging/shop')).toBe(2);
});

test('is judged with the rest when the key is rotated, and keeps nothing from being signed again', async () => {
  await harbour.policies.activate(asksForTests('dev'), 'policy.yaml', 'test');
  const trust = await startTrustWorker();
  const dev = await harbour.requestDev({ repository: 'shop', digest });
  await testsRan(trust, 'before');
  await copied(dev);
  expect(await inActivity(() => trust.admit(dev))).toMatchObject({ outcome: 'admitted' });
  expect(await harbour.promotions.goLive(dev)).toMatchObject({ outcome: 'live' });
  await testsRan(trust, 'every night');
  const other = await startTrustWorker();
  const id = await request();
  await inActivity(() => other.beginRotation(id));
  await inActivity(() => other.resignLive(id, 1));
  expect(await read(id)).toMatchObject({ signed: 1, refused: [] });
  expect(await signedBy('admission-dev.2', 'shop', digest)).toEqual(expect.arrayContaining(admission));
  expect(await resultsIn('dev/shop')).toBe(2);
});
