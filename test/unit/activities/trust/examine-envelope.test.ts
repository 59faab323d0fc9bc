import { createHash, createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEvidenceMemory } from '../../../../activities/trust/evidence-memory.ts';
import { openExaminer } from '../../../../activities/trust/examine-evidence.ts';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { keyIdOf } from '../../../../adapters/sigstore/key-id.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { signatureGate } from '../../../../domain/policy/gates/signature.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { jws, subject } from '../../../fixtures/notation/envelopes.ts';
import { createJudged } from '../../domain/policy/judged-artifact.ts';

const manifest = `sha256:${'c'.repeat(64)}` as Digest;
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
const indent = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n');

let root: Certified;
let leaf: Certified;
let stranger: Certified;
beforeAll(async () => {
  root = await certify({ subject: rootName, ca: {} });
  leaf = await certify({ subject: signerName, issuer: root });
  stranger = await certify({ subject: rootName, ca: {} });
});

const signerText = (name: string, subject: string, roots: Certified, more = '') => `  - name: ${name}
    x509:
      subject: '${subject}'
      roots: |
${indent(pemOf(roots))}
${more}`;

const policyOf = (trusted: Certified, more = '', subject = 'C=US, ST=WA, O=Acme') =>
  policyWith(signerText('acme', subject, trusted, more));

function policyWith(signers: string) {
  const text = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: signature}]}
signers:
${signers}`;
  const keyId = (pem: string) => keyIdOf(createPublicKey(pem));
  return parsePolicy(text, 'policy.yaml', { sha256, keyIdOf: keyId });
}

async function examine(
  policy: ReturnType<typeof policyOf>,
  ownKeys: readonly Certified[] = [],
  chain: readonly Certified[] = [leaf, root],
) {
  const own = ownKeys.map(({ key }) => {
    const publicKey = createPublicKey(key);
    return { keyId: keyIdOf(publicKey), publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
  });
  const deps = {
    evidence: { ownKeys: async () => own, ownIdentities: async () => [] },
    ownIdentities: [],
    keys: { held: async () => [] },
    verifier: createBundleVerifier(),
    notation: createNotationVerifier(),
    readProvenance: () => undefined,
    memory: createEvidenceMemory(),
    now: () => new Date(),
  } as unknown as Parameters<typeof openExaminer>[0];
  const examiner = await openExaminer(deps, policy);
  const attached = { kind: 'envelope', manifest, bundle: manifest, ...jws({ chain }) } as const;
  return (await examiner.examine(attached, subject.digest)) as EvidenceRecord;
}

function gate(policy: ReturnType<typeof policyOf>, record: EvidenceRecord, now = new Date().toISOString()) {
  const judged = createJudged({ key: { repository: 'shop/web', digest: subject.digest }, evidence: [record] });
  return signatureGate({ gate: 'signature' }, judged, { policy, now, environment: 'dev' });
}

it("a signature of Notation's by a signer of the policy passes the signature gate, while its certificates last", async () => {
  const policy = policyOf(root);
  const record = await examine(policy);
  expect(record).toMatchObject({
    origin: 'foreign',
    predicateType: 'application/vnd.cncf.notary.signature',
    verification: { outcome: 'verified', identity: { kind: 'x509' }, validUntil: expect.any(String) },
  });
  expect(gate(policy, record)).toMatchObject({ verdict: 'pass', reason: 'signed by signer "acme"' });
  const later = new Date(Date.now() + 2 * 86_400_000).toISOString();
  expect(gate(policy, record, later).details[0]).toMatch(/counted until/);
});

it('below another root, or for another name, it is refused, and the gate says why', async () => {
  for (const [policy, code] of [
    [policyOf(stranger), 'SIGNER_UNKNOWN'],
    [policyOf(root, '', 'C=US, ST=WA, O=Other'), 'IDENTITY_MISMATCH'],
  ] as const) {
    const record = await examine(policy);
    expect(record.verification).toMatchObject({ outcome: 'rejected', code });
    expect(gate(policy, record).verdict).toBe('fail');
  }
});

describe('several signers with certificates below one root', () => {
  const accepting = (policy: ReturnType<typeof policyOf>, record: EvidenceRecord, signer: string) => {
    const judged = createJudged({ key: { repository: 'shop/web', digest: subject.digest }, evidence: [record] });
    const context = { policy, now: new Date().toISOString(), environment: 'dev' };
    return signatureGate({ gate: 'signature', signers: [signer] }, judged, context).verdict;
  };

  it('who wants timestamps is not satisfied by what verified for one who does not', async () => {
    const strict = `      timestampRoots: |\n${indent(pemOf(stranger))}\n`;
    const wide = signerText('wide', 'C=US, ST=WA, O=Acme', root);
    const policy = policyWith(`${wide}${signerText('stamped', 'C=US, ST=WA, O=Acme', root, strict)}`);
    const record = await examine(policy);
    expect(accepting(policy, record, 'wide')).toBe('pass');
    expect(accepting(policy, record, 'stamped')).toBe('fail');
  });

  it('who trusts the authority below it is found, in whatever order they are written', async () => {
    const below = await certify({ subject: 'C=US, ST=WA, O=Acme, CN=Below', issuer: root, ca: {} });
    const end = await certify({ subject: signerName, issuer: below });
    const texts = [signerText('all', 'C=US, ST=WA, O=Acme', root), signerText('team', 'C=US, ST=WA, O=Acme', below)];
    for (const order of [texts, texts.toReversed()]) {
      const policy = policyWith(order.join(''));
      const record = await examine(policy, [], [end, below, root]);
      expect(accepting(policy, record, 'all')).toBe('pass');
      expect(accepting(policy, record, 'team')).toBe('pass');
    }
  });

  it('who took the name of another since is not believed to be that one', async () => {
    const record = await examine(policyOf(root));
    expect(accepting(policyOf(stranger), record, 'acme')).toBe('fail');
  });
});

it('with a key of our own it never counts as anybody else', async () => {
  const policy = policyOf(root);
  const record = await examine(policy, [leaf]);
  expect(record.origin).toBe('own');
  expect(gate(policy, record)).toMatchObject({ verdict: 'fail', details: [expect.stringMatching(/Pratique itself/)] });
});

it('a revoked signer no longer counts; statements it may not sign neither', async () => {
  for (const more of ['    state: revoked\n', '    statements: [cyclonedx]\n', "    repositories: ['other/**']\n"]) {
    const policy = policyOf(root, more);
    expect(gate(policy, await examine(policy)).verdict, more).toBe('fail');
  }
});

it.each([
  [
    'no certificates',
    (text: string) => text.replace(/-----BEGIN[\s\S]*-----END CERTIFICATE-----/, 'none'),
    /expected certificates/,
  ],
  ['no name', (text: string) => text.replace('C=US, ST=WA, O=Acme', 'Acme'), /distinguished name/],
])('a policy with %s is refused', (_, change, message) => {
  const text = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: signature}]}
signers:
  - name: acme
    x509:
      subject: 'C=US, ST=WA, O=Acme'
      roots: |
${indent(pemOf(root))}
`;
  const parse = () => parsePolicy(change(text), 'policy.yaml', { sha256, keyIdOf: () => 'key' });
  expect(parse).toThrow(message);
});
