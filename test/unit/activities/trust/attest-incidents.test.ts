/** Records of incidents, signed once and attached wherever the artifact goes. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { incidentPublications } from '../../../../activities/trust/attest-incidents.ts';
import { type PublishDependencies, signAll } from '../../../../activities/trust/publish.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { ProofError } from '../../../../domain/identity/proof-error.ts';
import type { IncidentRecord } from '../../../../domain/incident/incident-record.ts';
import type { Statement } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const digest = sha256(Buffer.from('an image'));
const identity = { kind: 'certificate', subject: 'us@example.com', issuer: 'https://issuer.example' } as const;
type Kept = { readonly bundle: Uint8Array; readonly signedAt: string };
type Placed = { readonly step: string; readonly keyId: string };

/** What is signed is kept under its step, as in the database; a bundle is its statement. */
function publisher(kept: Map<string, Kept>): PublishDependencies {
  const placeOf = ({ step, keyId }: Placed) => `${step} ${keyId}`;
  const keep = (item: Placed & { readonly bundle: Uint8Array }): Kept => {
    const stands = kept.get(placeOf(item)) ?? { bundle: item.bundle, signedAt: '2026-01-01T00:00:00.000Z' };
    kept.set(placeOf(item), stands);
    return stands;
  };
  return {
    desk: createRegistryEvidenceDesk(createMemoryRegistry().registry),
    evidence: {
      signed: async (steps: readonly Placed[]) => steps.map((step) => kept.get(placeOf(step))),
      keep: async (made: readonly (Placed & { readonly bundle: Uint8Array })[]) => made.map(keep),
    },
    bundles: createBundleSigner(),
    verifier: {
      verify: async (bundle: Uint8Array) => ({
        ...{ outcome: 'verified', identity },
        statement: JSON.parse(Buffer.from(bundle).toString()) as Statement,
      }),
      trust: () => '',
    },
    sha256,
  } as unknown as PublishDependencies;
}

const signAs = (kept: Map<string, Kept>, uri: string, reason: string) =>
  signRecord(
    kept,
    {
      ...{ kind: 'quarantine', incident: 'inc-1', reason, relation: 'selected', environments: ['dev'] },
      ...{ fencedAt: '2026-01-01T00:00:00Z', confirmedAt: '2026-01-01T00:01:00Z' },
    },
    { uri },
  );

async function signRecord(
  kept: Map<string, Kept>,
  record: IncidentRecord,
  {
    uri = 'https://acme.example/pratique',
    confirm,
  }: { readonly uri?: string; readonly confirm?: () => Promise<unknown> },
) {
  const deps = {
    ...{ registry: {}, proofs: { confirm }, installation: { uri } },
    incidentRecords: { of: async () => [record], repositories: async () => [] },
  } as unknown as Parameters<typeof incidentPublications>[0];
  const policy = { document: { environments: [] } } as unknown as Parameters<typeof incidentPublications>[1];
  const signer = { identity, signStatement: async (said: unknown) => Buffer.from(JSON.stringify(said)) };
  const subject = { mediaType: mediaTypes.ociManifest, digest, size: 7 };
  const publications = await incidentPublications(deps, policy, subject, signer as never);
  return signAll(publisher(kept), publications);
}

test('what was signed under another name of this installation stands, and is not signed again', async () => {
  const kept = new Map<string, Kept>();
  const [before] = await signAs(kept, 'https://pratique.dev/installations/local', 'leaked');
  const [after] = await signAs(kept, 'https://acme.example/pratique', 'leaked');
  expect(after?.bundle).toEqual(before?.bundle);
});

test('what says something else of the incident is no record of it', async () => {
  const kept = new Map<string, Kept>();
  await signAs(kept, 'https://acme.example/pratique', 'leaked');
  await expect(signAs(kept, 'https://acme.example/pratique', 'a false alarm')).rejects.toMatchObject({
    code: 'KEPT_STATEMENT_FORGED',
  });
});

test('a release whose proof does not verify any more is stated without it, where none is wanted, and with it once it does', async () => {
  const kept = new Map<string, Kept>();
  const proof = { kind: 'ssh', by: 'SHA256:ben', digest: sha256(Buffer.from('a proof')) } as const;
  const record: IncidentRecord = {
    ...{ kind: 'release', incident: 'inc-1', reason: 'rebuilt', requestedBy: 'ann', approvers: ['ben'] },
    ...{
      releasedAt: '2026-01-01T00:00:00Z',
      decision: { request: 'rel-1', digest, by: 'ben', reason: 'agreed', proof },
    },
  };
  const shown = { ...proof, shown: { statement: 'a text', signature: 'over it' } };
  const [proven] = await signRecord(kept, record, { confirm: async () => shown });
  const left = () => Promise.reject(new ProofError('PROOF_NOT_THEIRS', 'the key is nobody’s'));
  const [unproven] = await signRecord(kept, record, { confirm: left });
  expect(JSON.parse(Buffer.from(unproven!.bundle).toString()).predicate).not.toHaveProperty('decision');
  const [again] = await signRecord(kept, record, { confirm: async () => shown });
  expect(again?.bundle).toEqual(proven?.bundle);
});
