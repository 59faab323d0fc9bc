/** What red-team tests of documents work with: an image, whoever attaches something to it, and how it is judged then. */
import { generateKeyPairSync } from 'node:crypto';
import { createEvidenceMemory } from '../../activities/trust/evidence-memory.ts';
import { judge } from '../../activities/trust/judge.ts';
import { recordEvidence } from '../../activities/trust/record-evidence.ts';
import { createNotationVerifier } from '../../adapters/notation/notation-verifier.ts';
import { sha256Digest } from '../../adapters/postgres/blob-store.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { readPolicy } from '../../adapters/postgres/parse-stored-policy.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { createRegistryEvidenceDesk } from '../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { GateOutcome } from '../../domain/policy/gate.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Component } from '../../domain/sbom/component.ts';
import type { DocumentDesk } from '../../domain/trust/document-desk.ts';
import { readProvenance } from '../../domain/trust/read-provenance.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { createStatement } from '../../domain/trust/statement.ts';
import { createDocumentDesk } from '../../services/worker/document-desk.ts';
import { createMemoryRegistry } from '../fakes/memory-registry.ts';
import { buildImage, pushImage, type TestImage } from '../images.ts';
import { createHarbour } from '../integration/postgres/harbour.ts';

const newSigner = (name: string) =>
  createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, name);
export const [ci, former, stranger, ours] = [
  newSigner('ci'),
  newSigner('former'),
  newSigner('stranger'),
  newSigner('ours'),
];

const signerText = (name: string, { publicKeyPem }: Signer, more: string) =>
  `  - name: ${name}\n${more}    publicKey: |\n${publicKeyPem.trim().replaceAll(/^/gm, '      ')}\n`;

/** One environment with these gates, and two signers; `former` signed before `ci` did. */
export const policyOf = (gates: string, documents: string, more = ''): Policy =>
  readPolicy(
    `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [${gates}]}
${documents}
signers:
${signerText('ci', ci, '')}${signerText('former', former, more)}`,
    'policy.yaml',
  );

/** An image whose layers hold one component, as it was read, and whoever attaches something to it. */
export async function openPlace(
  db: Database,
  repository: string,
  policy: Policy,
  changes: (desk: DocumentDesk) => Partial<DocumentDesk> = () => ({}),
) {
  const { registry, repository: behind } = createMemoryRegistry();
  const harbour = createHarbour(db);
  const image: TestImage = await buildImage({ layers: [{ files: { label: repository } }] });
  const digest = await pushImage(registry, repository, image, '1.0');
  const key = { repository, digest };
  await harbour.push(key);
  const component: Component = {
    ...{ purl: 'pkg:npm/copyleft@1.0.0', ecosystem: 'npm', advisoryName: 'copyleft', name: 'copyleft' },
    ...{ version: '1.0.0', advisoryVersion: '1.0.0', hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    licences: [{ kind: 'expression', expression: 'AGPL-3.0-only' }],
    locations: [{ path: 'app/package.json' }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  await harbour.stocks.record(digest, [{ digest, platform: 'linux/amd64', stock, failure: undefined }]);
  const desk = createRegistryEvidenceDesk(registry);
  const documents = createDocumentDesk(db, registry);
  const deps = {
    ...{ ...harbour, registry, desk, documents: { ...documents, ...changes(documents) } },
    keys: {
      evidence: () => Promise.reject(new Error('signs nothing')),
      admission: () => Promise.reject(new Error('signs nothing')),
      held: async () => [{ name: 'evidence', keyId: ours.keyId, publicKeyPem: ours.publicKeyPem }],
    },
    ...{ ownIdentities: [], verifier: createBundleVerifier(), notation: createNotationVerifier(), readProvenance },
    ...{ memory: createEvidenceMemory(), sha256: sha256Digest, now: () => new Date() },
  };
  let minute = 0;
  return {
    ...{ registry, digest, behind: behind(repository) },
    async attach(signer: Signer, predicateType: string, predicate: unknown, about: Digest = digest): Promise<Digest> {
      const bundle = await createBundleSigner().sign(createStatement(about, predicateType, predicate), signer);
      minute += 1;
      const created = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
      const [made] = await desk.attach(repository, [{ subject: image.top, predicateType, bundle, created }]);
      return made!.manifest;
    },
    async judged(by = policy): Promise<(gate: string) => GateOutcome> {
      await recordEvidence(deps, by, repository, [digest]);
      const observed = await registry.resolve(repository, digest);
      const { environments } = by.document;
      // Another process: nothing is remembered.
      const afresh = { ...deps, memory: createEvidenceMemory() };
      const [verdict] = await judge(afresh, by, key, { repository, observed }, environments);
      return (wanted) => verdict!.gates.find(({ gate }) => gate === wanted)!;
    },
  };
}
