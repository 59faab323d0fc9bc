import { describe, expect, it, test } from 'vitest';
import { evaluateGate } from '../../../../domain/policy/gates/gates.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import { policyWarnings } from '../../../../domain/policy/policy-warnings.ts';
import type { SignerIdentity } from '../../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import type { TrustRefusalCode } from '../../../../domain/trust/trust-refusal.ts';
import { type SignatureUse, signerRefusal } from '../../../../domain/trust/trusted-signer.ts';
import { createEvidence, createJudged, hashes, indent, now, pems } from '../policy/judged-artifact.ts';

const day = 86_400_000;
const at = (days: number) => new Date(Date.parse(now) + days * day).toISOString();
const issuer = 'https://issuer.example';

/** A policy whose one signer has these members besides its name. */
const policyText = (signer: string, gate = '{gate: signature}') => `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake:
  repositories: ['**']
environments:
  - name: dev
    repository: dev/{repository}
    gates:
      - ${gate}
signers:
  - name: it
${signer}
`;
const parse = (signer: string) => parsePolicy(policyText(signer), 'policy.yaml', hashes);
const problems = (signer: string) => {
  try {
    parse(signer);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const key = `    publicKey: |\n${indent(pems.release, 6)}`;
const identity = (members: string) => `    identity: {${members}}`;

function judge(signer: string, by: SignerIdentity, signedAt?: string) {
  const policy = parse(signer);
  const verification = { outcome: 'verified', identity: by, ...(signedAt === undefined ? {} : { signedAt }) } as const;
  const judged = createJudged({ evidence: [createEvidence({ verification })] });
  return evaluateGate({ gate: 'signature' }, judged, { policy, now, environment: 'dev' });
}
const certificate = (subject: string, by = issuer): SignerIdentity => ({ kind: 'certificate', subject, issuer: by });
const held: SignerIdentity = { kind: 'key', keyId: hashes.keyIdOf(pems.release) };

describe('identities', () => {
  const exact = identity(`subject: ci@example, issuer: "${issuer}"`);
  const pattern = identity(`subjectRegexp: '^https://git\\.example/shop/.*$', issuer: "${issuer}"`);
  it.each<[string, string, SignerIdentity, string]>([
    ['the subject and issuer', exact, certificate('ci@example'), 'pass'],
    ['another subject', exact, certificate('ci@example.evil'), 'fail'],
    ['another issuer', exact, certificate('ci@example', 'https://evil.example'), 'fail'],
    ['what the pattern takes', pattern, certificate('https://git.example/shop/a'), 'pass'],
    ['what it does not', pattern, certificate('https://git-example/shop/a'), 'fail'],
    ['a key, where a certificate is trusted', exact, held, 'fail'],
    ['the key', key, held, 'pass'],
    ['a certificate, where a key is trusted', key, certificate('it'), 'fail'],
  ])('%s', (_name, signer, by, verdict) => {
    expect(judge(signer, by).verdict).toBe(verdict);
  });

  it.each([
    [identity(`subjectRegexp: 'shop', issuer: "${issuer}"`), /does not say where it begins and ends/],
    [identity(`subject: a`), /an identity is a subject and/],
    [identity(`subject: a, subjectRegexp: '^a$', issuer: b`), /exclude one another/],
    [`${key}\n${exact}`, /a publicKey, an identity or x509: give one/],
    ['    state: trusted', /a publicKey, an identity or x509: give one/],
    [`${key}\n    environments: [prod]`, /no environment "prod"/],
    [`${key}\n    statements: [sgnature]`, /no predicate type/],
    [`${key}\n    revokedAt: ${at(0)}`, /needs "state: revoked"/],
    [`${key}\n    from: ${at(1)}\n    until: ${at(0)}`, /ends .* before it begins/],
  ])('a policy with %j is refused', (signer, message) => {
    expect(problems(signer)).toMatch(message);
  });
});

describe('what a signer may sign, and when', () => {
  const trusted = { name: 'it', state: 'trusted' } as const;
  const use: SignatureUse = {
    repository: 'shop/web',
    environment: 'prod',
    predicateType: predicateTypes.cosignSignature,
    signedAt: undefined,
    now,
  };
  const revokedAt = at(-10);
  type Case = [string, Parameters<typeof signerRefusal>[0], Partial<SignatureUse>, RegExp?, TrustRefusalCode?];
  test.each<Case>([
    ['anything', trusted, {}],
    ['its repositories', { ...trusted, repositories: ['shop/*'] }, {}],
    [
      'another repository',
      { ...trusted, repositories: ['till/*'] },
      {},
      /signs for till\/\* only/,
      'SIGNER_OUT_OF_SCOPE',
    ],
    ['its environments', { ...trusted, environments: ['prod'] }, {}],
    ['another environment', { ...trusted, environments: ['dev'] }, {}, /not for prod/, 'SIGNER_OUT_OF_SCOPE'],
    ['its statements, by name', { ...trusted, statements: ['signature'] }, {}],
    ['its statements, by URI', { ...trusted, statements: [predicateTypes.cosignSignature] }, {}],
    [
      'another statement',
      { ...trusted, statements: ['slsaprovenance1'] },
      {},
      /signs slsaprovenance1 only/,
      'SIGNER_OUT_OF_SCOPE',
    ],
    ['its domain', { ...trusted, domain: 'images' }, {}],
    ['its domain, of a package', { ...trusted, domain: 'packages' }, { kind: 'other' }],
    [
      'another domain',
      { ...trusted, domain: 'packages' },
      {},
      /signs packages only, and this is one of images/,
      'SIGNER_OUT_OF_SCOPE',
    ],
    [
      'a package by a key of images',
      { ...trusted, domain: 'images' },
      { kind: 'other' },
      /signs images only/,
      'SIGNER_OUT_OF_SCOPE',
    ],
    [
      'a document by a key of images',
      { ...trusted, domain: 'images' },
      { predicateType: predicateTypes.cycloneDx },
      /one of documents/,
      'SIGNER_OUT_OF_SCOPE',
    ],
    ['retiring', { ...trusted, state: 'retiring' }, {}],
    ['revoked', { ...trusted, state: 'revoked' }, { signedAt: at(-20) }, /is revoked$/, 'SIGNER_REVOKED'],
    ['signed before it was revoked', { ...trusted, state: 'revoked', revokedAt }, { signedAt: at(-11) }],
    [
      'signed after',
      { ...trusted, state: 'revoked', revokedAt },
      { signedAt: at(-9) },
      /was signed at/,
      'SIGNER_REVOKED',
    ],
    [
      'signed that instant',
      { ...trusted, state: 'revoked', revokedAt },
      { signedAt: revokedAt },
      /was signed at/,
      'SIGNER_REVOKED',
    ],
    [
      'nobody knows when',
      { ...trusted, state: 'revoked', revokedAt },
      {},
      /nothing proves that this was signed before/,
      'SIGNER_REVOKED',
    ],
    ['not yet trusted', { ...trusted, from: at(1) }, {}, /is trusted from/, 'SIGNER_NOT_YET_TRUSTED'],
    [
      'not yet trusted when it signed',
      { ...trusted, from: at(-1) },
      { signedAt: at(-2) },
      /is trusted from/,
      'SIGNER_NOT_YET_TRUSTED',
    ],
    ['signed a little early', { ...trusted, from: at(-1) }, { signedAt: at(-1.003) }],
    ['over', { ...trusted, until: at(-1) }, {}, /nothing proves that this was signed before/, 'SIGNER_EXPIRED'],
    ['over, and signed before', { ...trusted, until: at(-1) }, { signedAt: at(-2) }],
    [
      'over, and signed after',
      { ...trusted, until: at(-2) },
      { signedAt: at(-1) },
      /300 s are tolerated/,
      'SIGNER_EXPIRED',
    ],
    ['signed tomorrow', trusted, { signedAt: at(1) }, /still to come: check the clocks/, 'SIGNED_IN_FUTURE'],
    ['a clock a little ahead', trusted, { signedAt: at(0.003) }],
  ])('%s', (_name, signer, part, clause, code) => {
    const refusal = signerRefusal(signer, { ...use, ...part });
    if (clause === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toEqual({ code, clause: expect.stringMatching(clause) });
  });

  it('the gate names the signer and why it does not count', () => {
    const outcome = judge(`${key}\n    state: revoked\n    revokedAt: ${at(-1)}`, held);
    expect(outcome.verdict).toBe('fail');
    expect(outcome.reason).toMatch(/1 refused: SIGNER_REVOKED\)$/);
    expect(outcome.details.join()).toMatch(
      /: refused \(SIGNER_REVOKED\): signed by signer "it", which is revoked from .*nothing proves/,
    );
    expect(judge(`${key}\n    state: revoked\n    revokedAt: ${at(-1)}`, held, at(-2)).verdict).toBe('pass');
  });

  it('a revocation from an instant leaves what proves that it was before', () => {
    const policy = parse(key);
    const [name] = [`key:${hashes.keyIdOf(pems.release)}`];
    const judgeAt = (signedAt: string | undefined) => {
      const verification = {
        outcome: 'verified',
        identity: held,
        ...(signedAt === undefined ? {} : { signedAt }),
      } as const;
      const judged = createJudged({ evidence: [createEvidence({ verification })], revokedFrom: { [name]: at(-1) } });
      return evaluateGate({ gate: 'signature' }, judged, { policy, now, environment: 'dev' }).verdict;
    };
    expect([judgeAt(at(-2)), judgeAt(at(-0.5)), judgeAt(undefined)]).toEqual(['pass', 'fail', 'fail']);
  });
});

it('trust that ends is told of a month before, and when it has', () => {
  const warningsOf = (until: string) => {
    const text = policyText(`${key}\n    until: ${until}`);
    return policyWarnings(parsePolicy(text, 'policy.yaml', hashes), text, now).map(({ message }) => message);
  };
  expect(warningsOf(at(40))).toEqual([]);
  expect(warningsOf(at(20))).toEqual([expect.stringMatching(/ends at .*renew it/)]);
  expect(warningsOf(at(-1))).toEqual([expect.stringMatching(/has ended/)]);
});
