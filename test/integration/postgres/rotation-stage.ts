/** What tests of key rotations work with: a trust worker, its keys, and artifacts that are live by them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { createTrustActivities, type TrustActivities } from '../../../activities/trust/activities.ts';
import { auditKeys } from '../../../activities/trust/audited-keys.ts';
import { createNotationVerifier } from '../../../adapters/notation/notation-verifier.ts';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createRotationBook, createRotationDesk } from '../../../adapters/postgres/key-rotations.ts';
import { createKeyUseLog } from '../../../adapters/postgres/key-use-log.ts';
import { registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { openApprovalProofs } from '../../../adapters/proof/open-approval-proofs.ts';
import { createBundleSigner } from '../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../adapters/sigstore/bundle-verifier.ts';
import { ensureKey, ensureKeys, listPublicKeys, openKey } from '../../../adapters/sigstore/local-key-ring.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import { type Digest, digestHex } from '../../../domain/artifact/digest.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { readProvenance } from '../../../domain/trust/read-provenance.ts';
import type { Signer } from '../../../domain/trust/signer.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { createDocumentDesk } from '../../../services/worker/document-desk.ts';
import { createOwnKeys } from '../../../services/worker/own-keys.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, pushImage } from '../../images.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

const REGISTRY = 'registry.test:5000';
export const PASSPHRASE = 'pw';

export let own: TestDatabase | undefined;
export let harbour: Harbour;
export let folder: string;
export let registry: Registry;
export let checkpoint: Signer;

/** Called by the test file: a database and a registry for each test, and one folder: keys are dear to make and to open, and which of them is in use is what each database says. */
export function useRotationStage(): void {
  beforeAll(makeKeys);
  beforeEach(openStage);
  afterAll(async () => {
    await own?.drop();
    own = undefined;
    await rm(folder, { recursive: true, force: true });
  });
}

async function makeKeys(): Promise<void> {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-rotation-'));
  await ensureKeys(folder, PASSPHRASE, ['dev']);
  await ensureKey(folder, 'checkpoint', PASSPHRASE);
  checkpoint = await openKey(folder, 'checkpoint', PASSPHRASE);
}

async function openStage(): Promise<void> {
  await own?.drop();
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  registry = createMemoryRegistry().registry;
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
}

/** A trust worker, as services/worker makes one; another one is another process. */
export async function startTrustWorker(
  changes: { registry?: Registry; postQuantum?: boolean; holders?: Record<string, string> } = {},
): Promise<TrustActivities> {
  const db = own!.db;
  const first = (await listPublicKeys(folder)).filter(({ file }) => !file.includes('.'));
  await registerOwnKeys(db, first);
  const keyUses = createKeyUseLog(db, {
    actor: 'trust@test',
    checkpoint,
  });
  const keys = createOwnKeys(db, {
    ...{ folder, passphrase: PASSPHRASE, holders: changes.holders ?? {} },
    postQuantum: changes.postQuantum ?? false,
  });
  const used = changes.registry ?? registry;
  return createTrustActivities({
    ...harbour,
    registry: used,
    desk: createRegistryEvidenceDesk(used),
    keys: auditKeys(keys.ring, { log: keyUses, sha256Hex: (bytes) => digestHex(sha256Digest(bytes)) }),
    ownIdentities: [],
    proofs: openApprovalProofs(db, { issuers: [], audience: 'pratique' }),
    attestations: { attestationsOf: async () => [] },
    keyUses,
    makeKey: keys.makeKey,
    rotations: createRotationBook(db),
    bundles: createBundleSigner(),
    verifier: createBundleVerifier(),
    notation: createNotationVerifier(),
    readProvenance,
    documents: createDocumentDesk(db, used),
    sboms: { publish: () => Promise.reject(new Error('no stock was taken')) },
    sha256: sha256Digest,
    now: () => new Date(),
    installation: { uri: 'https://p.example', version: '1', registryHost: REGISTRY },
  });
}

/** As a worker runs it: what an activity asks of its surroundings is its run, and to be heard. */
export const inActivity = <T>(act: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run(
    {
      info: { workflowExecution: { workflowId: 'a-workflow', runId: 'a-run' } },
      heartbeat: () => undefined,
    } as unknown as Context,
    act,
  );

/** Pushed, judged, copied, admitted and live in dev. */
export async function live(trust: TrustActivities, repository: string): Promise<{ key: PromotionKey; digest: Digest }> {
  const image = await buildImage({ layers: [{ files: { label: repository } }] });
  const digest = await pushImage(registry, repository, image, '1.0');
  const key = await harbour.requestDev({ repository, digest });
  expect(await harbour.promotions.reserve(key, 60)).toMatchObject({ outcome: 'reserved' });
  await pushImage(registry, `dev/${repository}`, image, '1.0');
  await inActivity(() => trust.judgeAgain(key));
  expect(await inActivity(() => trust.admit(key))).toMatchObject({ outcome: 'admitted' });
  expect(await harbour.promotions.goLive(key)).toMatchObject({ outcome: 'live' });
  return { key, digest };
}

export const desk = () => createRotationDesk(own!.db, async () => undefined);
export async function request(key = 'admission-dev', overlapSeconds = 0, reference?: string): Promise<string> {
  const asked = await desk().request({ key, reason: 'a test', overlapSeconds, reference }, 'ada');
  if (asked.outcome !== 'requested') throw new Error(JSON.stringify(asked));
  return asked.rotation;
}
export const read = async (id: string) => (await desk().list()).find((one) => one.id === id)!;

/** What is attached in dev by a key: predicate types, each verified in the registry with that key alone. */
export async function signedBy(file: string, repository: string, digest: Digest): Promise<string[]> {
  const key = (await listPublicKeys(folder)).find((one) => one.file === file);
  const types: string[] = [];
  if (key === undefined) return types;
  const found = createRegistryEvidenceDesk(registry).read(`dev/${repository}`, digest, {
    limit: 100,
    known: new Set(),
  });
  for await (const attached of found) {
    if (attached.kind !== 'bundle') continue;
    const verified = await createBundleVerifier().verify(attached.bytes, digest, { keys: [key.publicKeyPem] });
    if (verified.outcome === 'verified') types.push(verified.statement.predicateType);
  }
  return types.toSorted();
}
export const admission = [predicateTypes.cosignSignature, predicateTypes.vsa].toSorted();
