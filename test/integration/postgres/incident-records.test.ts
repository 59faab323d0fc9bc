/** What incidents did to an artifact is attached to it, signed, and goes along with it. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attestIncidents } from '../../../activities/trust/attest-incidents.ts';
import { type OpenApprovalProofs, openApprovalProofs } from '../../../adapters/proof/open-approval-proofs.ts';
import { createBundleSigner } from '../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../adapters/sigstore/local-signer.ts';
import { readEvidence } from '../../../adapters/sigstore/read-evidence.ts';
import { readEvidenceGraph } from '../../../adapters/sigstore/read-evidence-graph.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import { type Digest, parseDigest } from '../../../domain/artifact/digest.ts';
import { travels } from '../../../domain/trust/evidence-travels.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const QUARANTINE = 'https://pratique.dev/quarantine/v1';
const RELEASE = 'https://pratique.dev/quarantine-release/v1';

let own: TestDatabase;
let harbour: Harbour;
let proofs: OpenApprovalProofs;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  proofs = openApprovalProofs(own.db, { issuers: [], audience: 'pratique' });
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(async () => {
  await proofs.close();
  await own.drop();
});

/** An image in `places` of a registry of its own, pushed to `shop` and known to the database. */
async function open(label: string, places: readonly string[]) {
  const { registry } = createMemoryRegistry();
  const config = new TextEncoder().encode(JSON.stringify({ label }));
  const described = { mediaType: mediaTypes.ociConfig, digest: sha256(config), size: config.length };
  const manifest = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described, layers: [] }),
  );
  const digest = sha256(manifest);
  for (const place of places) {
    await registry.putBlob(place, described, config);
    await registry.putManifest(place, digest, manifest, mediaTypes.ociManifest);
  }
  await harbour.push({ repository: 'shop', digest });
  const deps = {
    desk: createRegistryEvidenceDesk(registry),
    evidence: harbour.evidence,
    verdicts: harbour.verdicts,
    bundles: createBundleSigner(),
    verifier: createBundleVerifier(),
    keys: { evidence: async () => signer, admission: async () => signer, held: async () => [] },
    installation: { uri: 'https://p.example' },
    proofs,
    incidentRecords: harbour.incidentRecords,
    registry,
    sha256,
  };
  const types = async (place: string) =>
    (await readEvidenceGraph(registry, place, digest)).referrers.map(({ says }) => says).sort();
  return { registry, digest, deps, types };
}

async function quarantine(digest: Digest, environments: readonly string[]): Promise<string> {
  const selector = { kind: 'digest', value: digest } as const;
  const { id } = await harbour.incidents.open({ selector, reason: 'a key leaked', actor: 'responder' });
  await harbour.quarantines.confirm({ digest, incident: id }, { readBacks: 2, environments });
  return id;
}

test('a quarantine, then its release: signed with the artifact wherever it is kept, once each, and they travel', async () => {
  const { registry, digest, deps, types } = await open('records', ['shop', 'quarantine/shop']);
  await attestIncidents(deps, { digest });
  expect(await types('shop')).toEqual([]);

  const incident = await quarantine(digest, ['prod']);
  await attestIncidents(deps, { digest });
  await attestIncidents(deps, { digest });
  for (const place of ['shop', 'quarantine/shop']) expect(await types(place)).toEqual([QUARANTINE]);

  const asked = await harbour.incidents.requestRelease({ digest, reason: 'rebuilt', actor: 'ann' });
  if (asked.outcome !== 'waiting') throw new Error('not asked');
  await harbour.incidents.decideRelease({ request: asked.request, verb: 'approve', reason: 'agreed', actor: 'ben' });
  await attestIncidents(deps, { digest });
  expect(await types('shop')).toEqual([RELEASE, QUARANTINE]);

  const said: unknown[] = [];
  for await (const found of readEvidence(registry, 'shop', digest, { limit: 10, known: new Set() })) {
    if (found.kind !== 'bundle') throw new Error('no bundle');
    const verified = await deps.verifier.verify(found.bytes, digest, { keys: [signer.publicKeyPem] });
    if (verified.outcome === 'verified') said.push(verified.statement.predicate);
  }
  expect(said).toContainEqual(
    expect.objectContaining({ incident, reason: 'a key leaked', relation: 'selected', environments: ['prod'] }),
  );
  expect(said).toContainEqual(expect.objectContaining({ incident, requestedBy: 'ann', approvers: ['ben'] }));
  const recorded = await harbour.evidence.recorded({ repository: 'shop', digest });
  expect(recorded.map(travels)).toEqual([true, true]);
});

test('that it is out is not said while the registry serves it', async () => {
  const { digest, deps, types } = await open('still there', ['shop', 'prod/shop']);
  await quarantine(digest, ['prod']);
  await attestIncidents(deps, { digest });
  expect(await types('shop')).toEqual([]);
});
