/** What is let in, an index with its children: first judged, then for each of them its own verdict, then its signature. */
import { expect, it } from 'vitest';
import { type AdmitDependencies, admit } from '../../../../activities/trust/admit.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { evaluateVerdict } from '../../../../domain/policy/evaluate.ts';
import type { JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { predicateTypes, type Statement } from '../../../../domain/trust/statement.ts';
import {
  createFinding,
  createJudged,
  createPlatform,
  createPolicy,
  digestOf,
  hashes,
  now,
} from '../../domain/policy/judged-artifact.ts';

const children = [digestOf('amd64'), digestOf('arm64')] as const;
const policy = createPolicy(['{gate: digest}', '{gate: vulnerabilities, severity: high}']);
const [environment] = policy.document.environments;
const platforms = children.map((digest) => createPlatform({ digest }));
const judged = createJudged({ kind: 'index', platforms });
const index = judged.key.digest;
const [copied, rejected] = [digestOf('copied'), digestOf('rejected')];
const key = { ...judged.key, environment: 'dev', generation: 1 };
const verdictOn = (facts: JudgedArtifact) =>
  evaluateVerdict({ policy, environment: environment!, judged: facts, now, sha256: hashes.sha256 });

interface Happened {
  /** In order: `judged`, `vsa sha256:…`, `signature sha256:…`, `attached …`. */
  readonly steps: string[];
  /** What was copied before, and is listed along with what is attached. */
  readonly listed: Digest[];
  readonly summaries: Statement[];
}

/** A trust worker whose database and registry say so, and what was reserved on; signing fails for the summary of `unsigned`. */
function createWorker(
  facts = judged,
  reserved = judged,
  unsigned?: Digest,
): { deps: AdmitDependencies; happened: Happened } {
  const happened: Happened = { steps: [], listed: [], summaries: [] };
  const signer = { keyId: 'K=', publicKeyPem: '', sign: async () => new Uint8Array() };
  const describe = (digest: Digest) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 7 });
  const kindOf = (type: string) => (type === predicateTypes.vsa ? 'vsa' : 'signature');
  const deps = {
    now: () => new Date(now),
    sha256: hashes.sha256,
    installation: { uri: 'https://p.example', version: '1', registryHost: 'registry.example' },
    keys: { evidence: async () => signer, admission: async () => signer, held: async () => [] },
    ownIdentities: [],
    verifier: { trust: () => '' },
    proofs: { leastApprovals: () => 0 },
    registry: { resolve: async (_repository: string, digest: Digest) => describe(digest) },
    stocks: {
      platforms: async () => children.map((digest) => ({ digest })),
      recordAttested: async () => false,
    },
    verdicts: {
      policy: async () => policy,
      latest: async () => ({ id: 1, verdict: verdictOn(reserved) }),
      facts: async () => {
        happened.steps.push('judged');
        return facts;
      },
      attachSummary: async () => undefined,
    },
    promotions: {
      extendLease: async () => ({ outcome: 'extended' }),
      route: async () => ({ source: key.repository, tag: undefined }),
      recordCreated: async () => true,
    },
    evidence: {
      ownKeys: async () => [],
      ownIdentities: async () => [],
      signed: async (asked: readonly unknown[]) => asked.map(() => undefined),
      keep: async (made: readonly { bundle: Uint8Array }[]) => made.map(({ bundle }) => ({ bundle, signedAt: now })),
      record: async () => undefined,
      recordedWithChildren: async () => [
        { subject: index, manifest: copied, verification: { outcome: 'verified' } },
        { subject: index, manifest: rejected, verification: { outcome: 'rejected' } },
      ],
    },
    bundles: {
      async sign(statement: Statement) {
        const [subject] = statement.subject;
        const digest = `sha256:${subject?.digest.sha256}`;
        if (statement.predicateType === predicateTypes.promotion) return Buffer.from(JSON.stringify(statement));
        if (digest === unsigned && statement.predicateType === predicateTypes.vsa) throw new Error('not now');
        happened.steps.push(`${kindOf(statement.predicateType)} ${digest}`);
        if (statement.predicateType === predicateTypes.vsa) happened.summaries.push(statement);
        return Buffer.from(JSON.stringify(statement));
      },
    },
    desk: {
      manifestOf: ({ bundle }: { bundle: Uint8Array }) => hashes.sha256(bundle),
      attach: async (
        _repository: string,
        items: readonly { subject: { digest: Digest }; bundle: Uint8Array }[],
        _confirm: string,
        unlisted: readonly { manifest: Digest }[],
      ) => {
        happened.listed.push(...unlisted.map(({ manifest }) => manifest));
        return items.map(({ subject, bundle }) => {
          happened.steps.push(`attached ${subject.digest}`);
          return { manifest: hashes.sha256(bundle), bundle: hashes.sha256(bundle) };
        });
      },
    },
  } as unknown as AdmitDependencies;
  return { deps, happened };
}

it('each child of an index is signed after a verdict of its own, and all of them after the judgement', async () => {
  const { deps, happened } = createWorker();
  expect(await admit(deps, key)).toMatchObject({ outcome: 'admitted' });
  const { steps, listed, summaries } = happened;
  expect(steps.filter((step) => !step.startsWith('attached'))).toEqual([
    'judged',
    ...[index, ...children].flatMap((digest) => [`vsa ${digest}`, `signature ${digest}`]),
  ]);
  // About the child itself, where it is pulled from, and that it passed.
  for (const [at, digest] of [index, ...children].entries()) {
    expect(summaries[at]?.subject).toMatchObject([{ digest: { sha256: digest.slice('sha256:'.length) } }]);
    expect(summaries[at]?.predicate).toMatchObject({
      resourceUri: 'registry.example/dev/shop/web',
      verificationResult: 'PASSED',
    });
  }
  expect(steps.findIndex((step) => step.startsWith('attached'))).toBe(1 + 2 * 3);
  expect(listed).toEqual([copied]);
});

it('what is wrong with one child leaves all of them, and the index, unsigned', async () => {
  const [first, second] = platforms;
  const bad = { ...judged, platforms: [first!, { ...second!, findings: [createFinding()] }] };
  for (const [reserved, state] of [[judged, 'cancelled'] as const, [bad, 'denied'] as const]) {
    const { deps, happened } = createWorker(bad, reserved);
    expect(await admit(deps, key)).toMatchObject({ outcome: 'refused', state });
    expect(happened.steps).toEqual(['judged']);
  }
});

it('where the verdict of one child cannot be signed, nothing goes out', async () => {
  const { deps, happened } = createWorker(judged, judged, children[1]);
  await expect(admit(deps, key)).rejects.toThrow('not now');
  expect(happened.steps.filter((step) => step.startsWith('attached'))).toEqual([]);
});
