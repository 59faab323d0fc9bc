/** What is signed about a promotion says what let this one in: it is signed once, and again where it has something else to say. */
import { expect, it } from 'vitest';
import { type AdmitDependencies, admit } from '../../../../activities/trust/admit.ts';
import { artifactDocuments } from '../../../../activities/trust/attest.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { evaluateVerdict } from '../../../../domain/policy/evaluate.ts';
import type { JudgedArtifact } from '../../../../domain/policy/gate.ts';
import type { SignedBundle } from '../../../../domain/policy/verdict-book.ts';
import { promotionDetailsField } from '../../../../domain/trust/promotion-statement.ts';
import { predicateTypes, type Statement } from '../../../../domain/trust/statement.ts';
import {
  createFinding,
  createJudged,
  createPlatform,
  createPolicy,
  hashes,
  now,
} from '../../domain/policy/judged-artifact.ts';

const policy = createPolicy([
  '{gate: digest}',
  '{gate: vulnerabilities, severity: critical}\n    approvals: {required: 1, notCommitter: false}',
]);
const [environment] = policy.document.environments;
const judged = createJudged({ platforms: [createPlatform({})] });
const key = { ...judged.key, environment: 'dev', generation: 1 };
/** Another decision, which lets it in as well. */
const found = {
  ...judged,
  platforms: [createPlatform({ findings: [createFinding({ severity: 'low' })] })],
};

interface Kept {
  readonly step: string;
  readonly keyId: string;
  readonly bundle: Uint8Array;
}
type Step = Pick<Kept, 'step' | 'keyId'>;

/** A trust worker over one database and registry: a bundle is its statement, each approver what they approved and when. */
function createWorker() {
  const kept = new Map<string, SignedBundle>();
  const attached: { readonly repository: string; readonly statement: Statement }[] = [];
  const placeOf = ({ step, keyId }: Step) => `${step} ${keyId}`;
  const signer = { keyId: 'K=', publicKeyPem: '', sign: async () => new Uint8Array() };
  const verified = { outcome: 'verified', identity: { kind: 'key', keyId: 'K=' } };
  const describe = (digest: Digest) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 7 });

  function reading(facts: JudgedArtifact, id: number, given: { readonly by: string; readonly at?: string }) {
    const verdict = evaluateVerdict({ policy, environment: environment!, judged: facts, now, sha256: hashes.sha256 });
    const { decisionDigest } = verdict;
    const approval = { principal: given.by, groups: [], verb: 'approve', reason: 'fine', decisionDigest };
    return {
      // Each look is at another time.
      now: () => new Date(Date.parse(now) + id * 1000),
      sha256: hashes.sha256,
      installation: { uri: 'https://p.example', version: '1', registryHost: 'registry.example' },
      keys: { evidence: async () => signer, admission: async () => signer, held: async () => [] },
      ownIdentities: [],
      verifier: {
        trust: () => '',
        verify: async (bundle: Uint8Array) => ({ ...verified, statement: JSON.parse(Buffer.from(bundle).toString()) }),
      },
      proofs: { leastApprovals: () => 0 },
      registry: { resolve: async (_repository: string, digest: Digest) => describe(digest) },
      stocks: { platforms: async () => [{ digest: key.digest }], recordAttested: async () => false },
      verdicts: {
        policy: async () => policy,
        latest: async () => ({ id, verdict }),
        facts: async () => facts,
        approvals: async () => [{ ...approval, at: given.at ?? now }],
        attachSummary: async () => undefined,
      },
      promotions: {
        extendLease: async () => ({ outcome: 'extended' }),
        route: async ({ repository }: { repository: string }) => ({ source: repository, tag: '1.0' }),
        recordCreated: async () => true,
        weigh: async () => ({ state: 'satisfied', positions: [0] }),
      },
      evidence: {
        ownKeys: async () => [],
        ownIdentities: async () => [],
        signed: async (steps: readonly Step[]) => steps.map((step) => kept.get(placeOf(step))),
        keep: async (made: readonly Kept[]) =>
          made.map((item) => {
            const stands = kept.get(placeOf(item)) ?? { bundle: item.bundle, signedAt: now };
            kept.set(placeOf(item), stands);
            return stands;
          }),
        record: async () => undefined,
        recordedWithChildren: async () => [],
      },
      bundles: { sign: async (statement: Statement) => Buffer.from(JSON.stringify(statement)) },
      desk: {
        manifestOf: ({ bundle }: { bundle: Uint8Array }) => hashes.sha256(bundle),
        attach: async (repository: string, items: readonly { bundle: Uint8Array }[]) =>
          items.map(({ bundle }) => {
            attached.push({ repository, statement: JSON.parse(Buffer.from(bundle).toString()) });
            return { manifest: hashes.sha256(bundle), bundle: hashes.sha256(bundle) };
          }),
      },
    } as unknown as AdmitDependencies;
  }

  async function admitted(facts: JudgedArtifact, id: number, given: { readonly by: string; readonly at?: string }) {
    const from = attached.length;
    const deps = reading(facts, id, given);
    expect(await admit(deps, { ...key, ...facts.key })).toMatchObject({ outcome: 'admitted' });
    const made = attached.slice(from);
    const predicateOf = (type: string) =>
      made.find(({ statement }) => statement.predicateType === type)?.statement.predicate as Record<string, unknown>;
    const record = predicateOf(predicateTypes.promotion);
    const summary = made.find(({ statement }) => statement.predicateType === predicateTypes.vsa)?.statement;
    return {
      record,
      details: record[promotionDetailsField],
      approval: predicateOf(predicateTypes.approval),
      verdict: hashes.sha256(Buffer.from(JSON.stringify(summary))),
    };
  }
  return { admitted, reading };
}

it('the same bytes of another repository have a record of their own: whence, whither, and who let them in', async () => {
  const { admitted } = createWorker();
  await admitted(judged, 1, { by: 'ann' });
  const other = { ...judged, key: { ...judged.key, repository: 'shop/mirror' } };
  const { record, details, verdict } = await admitted(other, 2, { by: 'ben' });
  expect(record).toMatchObject({
    srcRef: 'registry.example/shop/mirror:1.0',
    dstRef: 'registry.example/dev/shop/mirror:1.0',
  });
  expect(details).toMatchObject({ approvals: [{ principal: 'ben' }], verdict });
});

it('let in on another decision under its generation, the record has that one’s verdict and approvals', async () => {
  const { admitted } = createWorker();
  await admitted(judged, 1, { by: 'ann' });
  const { details, verdict } = await admitted(found, 2, { by: 'ben' });
  expect(details).toMatchObject({ approvals: [{ principal: 'ben' }], verdict });
});

it('an approval that was given again is stated as it was given again', async () => {
  const { admitted } = createWorker();
  await admitted(judged, 1, { by: 'ann' });
  const again = new Date(Date.parse(now) + 60_000).toISOString();
  const { details, approval } = await admitted(judged, 1, { by: 'ann', at: again });
  expect(approval).toMatchObject({ principal: 'ann', at: again });
  expect(details).toMatchObject({ approvals: [{ principal: 'ann', at: again }] });
});

it('tried again, nothing is signed twice, whatever time it is', async () => {
  const { admitted } = createWorker();
  const first = await admitted(judged, 1, { by: 'ann' });
  expect(await admitted(judged, 1, { by: 'ann' })).toEqual(first);
});

it('an SBOM is one of its repository, which it names, and where it lies when it is signed by reference', async () => {
  const { reading } = createWorker();
  const deps = reading(judged, 1, { by: 'ann' });
  const stocks = { platforms: async () => [{ digest: key.digest, stock: 7 }], newestScan: async () => undefined };
  const descriptors = new Map([[key.digest, { mediaType: 'application/json', digest: key.digest, size: 7 }]]);
  const stepsAt = async (place: string) => {
    const documents = await artifactDocuments(
      { ...deps, stocks } as unknown as AdmitDependencies,
      ...([policy, key, place, descriptors, await deps.keys.evidence()] as const),
    );
    return documents.map(({ step }) => step);
  };
  const steps = [...(await stepsAt('shop/web')), ...(await stepsAt('shop/mirror'))];
  expect(new Set(steps.map((step) => JSON.stringify(step))).size).toBe(4);
  expect(await stepsAt('shop/web')).toEqual(steps.slice(0, 2));
});
