import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { createEvidenceMemory } from '../../../../activities/trust/evidence-memory.ts';
import { openExaminer } from '../../../../activities/trust/examine-evidence.ts';
import { recordEvidence } from '../../../../activities/trust/record-evidence.ts';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { readPolicy } from '../../../../adapters/postgres/parse-stored-policy.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { provenanceGate } from '../../../../domain/policy/gates/provenance.ts';
import type { BundleVerification, EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import type { AttachedEvidence } from '../../../../domain/trust/evidence-desk.ts';
import { readProvenance } from '../../../../domain/trust/read-provenance.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { jws, subject as signed } from '../../../fixtures/notation/envelopes.ts';
import { createJudged } from '../../domain/policy/judged-artifact.ts';

type Deps = Parameters<typeof recordEvidence>[0];
const subject = signed.digest as Digest;
const manifest = `sha256:${'c'.repeat(64)}` as Digest;
const ISSUER = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/acme/shop/.github/workflows/release.yml';
const [COMMIT, OTHER] = ['1'.repeat(40), '2'.repeat(40)];
const key = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ci');

const policyOf = (signers: string, gates = '[{gate: signature}]') =>
  readPolicy(
    `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: ${gates}}
${signers}`,
    'policy.yaml',
  );

/** A book and a registry in memory, with one thing that is listed. */
function stage(attached: AttachedEvidence, before: readonly EvidenceRecord[] = []) {
  const recorded = [...before];
  const deps = {
    desk: {
      async *read(_repository: string, _subject: Digest, { known }: { known: ReadonlySet<Digest> }) {
        if (attached.kind !== 'truncated' && !known.has(attached.manifest)) yield attached;
      },
      readOne: async () => attached,
    },
    evidence: {
      recorded: async () => [...recorded],
      record: async (_repository: string, records: readonly EvidenceRecord[]) => void recorded.push(...records),
      ownKeys: async () => [],
      ownIdentities: async () => [],
    },
    ownIdentities: [],
    keys: { held: async () => [] },
    verifier: createBundleVerifier(),
    notation: createNotationVerifier(),
    readProvenance,
    memory: createEvidenceMemory(),
    now: () => new Date(),
  } as unknown as Deps;
  return { deps, recorded };
}

it.each([
  [{ code: 'BUNDLE_TOO_LARGE' as const }, 'BUNDLE_TOO_LARGE'],
  [{}, 'BUNDLE_MALFORMED'],
])('what can not be read is recorded by its code (%j)', async (found, code) => {
  const { deps, recorded } = stage({ kind: 'unreadable', manifest, reason: 'why', ...found });
  await recordEvidence(deps, policyOf(''), 'shop/web', [subject]);
  expect(recorded).toMatchObject([{ manifest, verification: { outcome: 'rejected', code, reason: 'why' } }]);
});

it('a signature of Notation that was not there when it was listed is looked at again', async () => {
  const root = await certify({ subject: rootName, ca: {} });
  const leaf = await certify({ subject: signerName, issuer: root });
  const roots = pemOf(root).trim().replaceAll(/^/gm, '        ');
  const policy = policyOf(
    `signers:\n  - name: acme\n    x509:\n      subject: 'C=US, ST=WA, O=Acme'\n      roots: |\n${roots}\n`,
  );
  const envelope = { kind: 'envelope', manifest, bundle: manifest, ...jws({ chain: [leaf, root] }) } as const;
  const { deps, recorded } = stage(envelope, [
    {
      ...{ manifest, bundle: manifest, subject, predicateType: 'unreadable', origin: 'foreign' },
      verification: { outcome: 'rejected', code: 'BUNDLE_MALFORMED', reason: 'the registry does not have it' },
    },
  ]);
  expect(await recordEvidence(deps, policy, 'shop/web', [subject])).toBe(1);
  expect(recorded.at(-1)).toMatchObject({ manifest, subject, verification: { outcome: 'verified' } });
});

it('many that are not there keep none from being looked at again', async () => {
  const unreadable = (index: number): EvidenceRecord => {
    const of = `sha256:${String(index).padStart(64, '0')}` as Digest;
    return {
      ...{ manifest: of, bundle: of, subject, predicateType: 'unreadable', origin: 'foreign' },
      verification: { outcome: 'rejected', code: 'BUNDLE_MALFORMED', reason: 'the registry does not have it' },
    };
  };
  const { deps } = stage(
    { kind: 'truncated', count: 5000, limit: 1 },
    Array.from({ length: 250 }, (_, index) => unreadable(index)),
  );
  const asked = new Set<Digest>();
  const policy = policyOf(`signers:\n  - {name: ci, publicKey: ${JSON.stringify(key.publicKeyPem)}}\n`);
  for (let minute = 0; minute < 3; minute += 1) {
    let count = 0;
    const readOne = async (_repository: string, _subject: Digest, one: Digest) => {
      asked.add(one);
      count += 1;
      return undefined;
    };
    const desk = { ...deps.desk, readOne };
    await recordEvidence({ ...deps, desk, now: () => new Date(minute * 60_000) }, policy, 'shop/web', [subject]);
    expect(count).toBeLessThanOrEqual(100);
  }
  expect(asked.size).toBe(250);
});

it('what is listed under a subject and is about another one is not recorded', async () => {
  const { deps, recorded } = stage({ kind: 'misplaced', manifest, reason: 'about another' });
  const policy = policyOf(`signers:\n  - {name: ci, publicKey: ${JSON.stringify(key.publicKeyPem)}}\n`);
  expect(await recordEvidence(deps, policy, 'shop/web', [subject])).toBe(0);
  expect(recorded).toEqual([]);
});

/** A workflow's provenance, and what Fulcio wrote into its signer's certificate (its OIDs' last numbers). */
async function judgeWorkflow(
  said: { ref: string; commit: string; workflow?: string; buildType?: string },
  certificate: object,
  level = 2,
) {
  const builder = `${WORKFLOW}@${said.ref}`;
  const statement = createStatement(subject, predicateTypes.provenance, {
    buildDefinition: {
      buildType: said.buildType ?? 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: said.ref, repository: 'https://github.com/acme/shop', path: '.github/workflows/release.yml' },
      },
      internalParameters: { github: { runner_environment: 'github-hosted' } },
      resolvedDependencies: [
        { uri: `git+https://github.com/acme/shop@${said.ref}`, digest: { gitCommit: said.commit } },
      ],
    },
    runDetails: { builder: { id: builder }, metadata: {} },
  });
  const extensions = Object.fromEntries(
    Object.entries(certificate).map(([number, value]) => [`1.3.6.1.4.1.57264.1.${number}`, value]),
  );
  const result: BundleVerification = {
    outcome: 'verified',
    statement,
    identity: { kind: 'certificate', issuer: ISSUER, subject: said.workflow ?? builder },
    proof: { times: [], logs: [], certificate: { notBefore: '', notAfter: '', extensions } },
  };
  const policy = policyOf(
    `signers:
  - {name: gh, identity: {subjectRegexp: '^https://github\\.com/acme/shop/.+$', issuer: '${ISSUER}'}}
builders:
  - {name: gh, id: '${builder}', signer: gh, level: 3}
`,
    `[{gate: provenance, level: ${level}}]`,
  );
  const { deps } = stage({ kind: 'truncated', count: 5000, limit: 0 });
  const verifier = { trust: () => '', verify: async () => result };
  const examiner = await openExaminer({ ...deps, verifier }, policy);
  const bundle = { kind: 'bundle', manifest, bundle: manifest, bytes: new Uint8Array() } as const;
  const record = (await examiner.examine(bundle, subject)) as EvidenceRecord;
  const judged = createJudged({ key: { repository: 'shop/web', digest: subject }, evidence: [record] });
  const [rule] = policy.document.environments[0]?.gates ?? [];
  const context = { policy, environment: 'dev', now: new Date().toISOString() };
  return { record, gate: provenanceGate(rule as Parameters<typeof provenanceGate>[0], judged, context) };
}

it('a provenance that says what its certificate says passes the gate', async () => {
  const { gate } = await judgeWorkflow(
    { ref: 'refs/tags/v1', commit: COMMIT },
    { 12: 'https://github.com/Acme/shop', 13: COMMIT, 14: 'refs/tags/v1' },
  );
  expect(gate.verdict).toBe('pass');
});

it('a workflow of the repository it builds is of level 2 whatever build type it calls its own, and of 1 where its owner runs it', async () => {
  const said = { ref: 'refs/tags/v1', commit: COMMIT, buildType: 'https://tekton.dev/chains/v2/slsa' };
  const certificate = { 11: 'github-hosted', 12: 'https://github.com/acme/shop', 13: COMMIT, 14: 'refs/tags/v1' };
  expect((await judgeWorkflow(said, certificate)).gate.verdict).toBe('pass');
  expect((await judgeWorkflow(said, certificate, 3)).gate.verdict).toBe('fail');
  expect((await judgeWorkflow(said, { ...certificate, 11: 'self-hosted' })).gate.verdict).toBe('fail');
});

it.each([
  ['another commit', { 13: OTHER, 14: 'refs/tags/v1' }],
  ['another ref', { 13: COMMIT, 14: 'refs/heads/evil' }],
  ['another repository', { 12: 'https://github.com/acme/sandbox', 13: COMMIT, 14: 'refs/tags/v1' }],
])('a provenance whose certificate is of %s is rejected, and the gate says so', async (_name, certificate) => {
  const { record, gate } = await judgeWorkflow({ ref: 'refs/tags/v1', commit: COMMIT }, certificate);
  expect(record.verification).toMatchObject({ outcome: 'rejected', code: 'PROVENANCE_CONTRADICTED' });
  expect(record.provenance).toBeUndefined();
  expect(gate.verdict).toBe('fail');
  expect(gate.details.join()).toContain('PROVENANCE_CONTRADICTED');
});

it('a provenance signed by another workflow than it names is of level 1', async () => {
  const said = { ref: 'refs/tags/v1', commit: COMMIT, workflow: `${WORKFLOW}@refs/heads/evil` };
  const { record, gate } = await judgeWorkflow(said, {});
  expect(record.provenance).toMatchObject({ slsaBuildLevel: 1 });
  expect(gate.verdict).toBe('fail');
  expect(`${gate.reason} ${gate.details.join()}`).toContain('which is not the builder it names');
});
