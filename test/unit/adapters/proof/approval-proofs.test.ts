/** An approver's own proof: what it is over, whose it is, when it was made; each of them otherwise is refused by name. */
import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgress, type Egress } from '../../../../adapters/egress/egress.ts';
import { bindingAudience, createIdentityIssuers } from '../../../../adapters/oidc/identity-issuers.ts';
import { sha256Digest } from '../../../../adapters/postgres/blob-store.ts';
import { createApprovalProofs } from '../../../../adapters/proof/approval-proofs.ts';
import { BlobError } from '../../../../domain/artifact/blob-store.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { type ApprovalClaim, approvalNamespace, approvalText } from '../../../../domain/identity/approval-claim.ts';
import type { ExpectedClaim, GivenProof } from '../../../../domain/identity/approval-proof.ts';
import { ProofError } from '../../../../domain/identity/proof-error.ts';
import { startIssuer, type TestIssuer } from '../../../fixtures/identity-provider.ts';
import { openSshWorkshop } from '../../../fixtures/ssh-signer.ts';

const workshop = openSshWorkshop();
const [ann, ben, nobody] = [workshop.key('ann'), workshop.key('ben'), workshop.key('nobody')];
let egress: Egress;
let issuer: TestIssuer;
let holders: Map<string, string>;
let now: Date;
const stored = new Map<Digest, Uint8Array>();

beforeAll(async () => {
  issuer = await startIssuer();
  egress = createEgress({ configuredHosts: [new URL(issuer.issuer).host], allowPublicHosts: false });
});
afterAll(async () => {
  workshop.close();
  await issuer.stop();
  await egress.close();
});
beforeEach(() => {
  now = new Date();
  holders = new Map([
    [`ssh-key ${ann.fingerprint}`, 'ann'],
    [`ssh-key ${ben.fingerprint}`, 'ben'],
    [`oidc ${issuer.issuer} ann-at-work`, 'ann'],
    [`oidc ${issuer.issuer} ben-at-work`, 'ben'],
  ]);
});

const digest = (of: string) => sha256Digest(of);
const expected: ExpectedClaim = {
  verb: 'approve',
  about: `promotion/prod/shop@${digest('image')}`,
  decision: digest('decision'),
  by: 'ann',
  reason: 'looked at it',
};

function proofs() {
  return createApprovalProofs({
    blobs: {
      async put(bytes, mediaType) {
        const found = sha256Digest(bytes);
        stored.set(found, bytes);
        return { digest: found, size: bytes.length, mediaType };
      },
      async get(of) {
        const found = stored.get(of);
        if (found === undefined) throw new BlobError('not there');
        return found;
      },
    },
    holderOf: async (kind, value) => holders.get(`${kind} ${value}`),
    principalOf: async (subject) => (subject === 'ann-laptop' ? 'ann' : subject),
    issuers: createIdentityIssuers({
      issuers: [{ issuer: issuer.issuer }],
      audience: 'pratique',
      egress,
      now: () => now.getTime(),
    }),
    passkeys: { find: async () => undefined, use: async () => false },
    relyingParty: undefined,
    now: () => now,
  });
}

const statementOf = (changes: Partial<ApprovalClaim> = {}) =>
  approvalText({ ...expected, at: now.toISOString(), ...changes });
const signed = (statement: string, key = ann, namespace = approvalNamespace): GivenProof => ({
  statement,
  signature: key.sign(statement, namespace),
});
const bindingOf = (statement: string) => createHash('sha256').update(statement).digest('base64url');
const codeOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    return await act;
  } catch (error) {
    return error instanceof ProofError ? error.code : error;
  }
};

describe('an SSH signature', () => {
  it('by a registered key is accepted, kept under its digest, and verified again from there', async () => {
    const given = signed(statementOf());
    const reference = await proofs().accept(given, expected);
    const at = now.toISOString();
    expect(reference).toEqual({ kind: 'ssh', by: ann.fingerprint, digest: expect.stringMatching(/^sha256:/), at });
    expect(await proofs().confirm(reference, expected)).toEqual({
      ...reference,
      claim: { ...expected, at: now.toISOString() },
      shown: given,
    });
  });

  it('of somebody who was joined since is theirs', async () => {
    const reference = await proofs().accept(signed(statementOf({ by: 'ann-laptop' })), {
      ...expected,
      by: 'ann-laptop',
    });
    expect(reference.by).toBe(ann.fingerprint);
  });

  it.each<[string, Partial<ApprovalClaim>]>([
    ['decision', { decision: digest('another') }],
    ['decision: none', { decision: undefined }],
    ['environment', { about: `promotion/staging/shop@${digest('image')}` }],
    ['artifact', { about: `promotion/prod/shop@${digest('another image')}` }],
    ['repository', { about: `promotion/prod/other@${digest('image')}` }],
    ['person', { by: 'ben' }],
    ['verb', { verb: 'reject' }],
    ['reason', { reason: 'did not look' }],
  ])('of another %s is refused, when it comes and when it is looked at again', async (_, changes) => {
    const statement = statementOf(changes);
    const given = signed(statement, changes.by === 'ben' ? ben : ann);
    expect(await codeOf(proofs().accept(given, expected))).toBe('PROOF_OF_ANOTHER');
    const { at: _at, ...other } = { ...expected, ...changes, at: '' };
    const reference = await proofs().accept(given, other);
    expect(await codeOf(proofs().confirm(reference, expected))).toBe('PROOF_OF_ANOTHER');
  });

  it('that was made for something else, as a commit, is refused', async () => {
    expect(await codeOf(proofs().accept(signed(statementOf(), ann, 'git'), expected))).toBe('PROOF_INVALID');
  });

  it('by another’s key, or by nobody’s, is refused, and says whose, or how to make it theirs', async () => {
    await expect(proofs().accept(signed(statementOf(), ben), expected)).rejects.toThrow(/is ben's/);
    await expect(proofs().accept(signed(statementOf(), nobody), expected)).rejects.toThrow(
      `pratique principal join ann ssh-key '${nobody.fingerprint}'`,
    );
    expect(await codeOf(proofs().accept(signed(statementOf(), nobody), expected))).toBe('PROOF_NOT_THEIRS');
  });

  it('by a key that was taken from them since counts no more', async () => {
    const reference = await proofs().accept(signed(statementOf()), expected);
    holders.delete(`ssh-key ${ann.fingerprint}`);
    expect(await codeOf(proofs().confirm(reference, expected))).toBe('PROOF_NOT_THEIRS');
  });

  it.each([-601, 601])('made %i seconds from now is out of time', async (seconds) => {
    const at = new Date(now.getTime() + seconds * 1000).toISOString();
    expect(await codeOf(proofs().accept(signed(statementOf({ at })), expected))).toBe('PROOF_OUT_OF_TIME');
  });

  it('is not exchanged in its place, and not missed there', async () => {
    const reference = await proofs().accept(signed(statementOf()), expected);
    const other = await proofs().accept(signed(statementOf({ reason: 'x' })), { ...expected, reason: 'x' });
    expect(await codeOf(proofs().confirm({ ...reference, digest: other.digest }, expected))).toBe('PROOF_OF_ANOTHER');
    expect(await codeOf(proofs().confirm({ ...reference, digest: digest('gone') }, expected))).toBe('PROOF_UNREADABLE');
  });

  it('without a statement, beside a token, or of text that is no claim is unreadable', async () => {
    const statement = statementOf();
    const { signature } = signed(statement);
    for (const given of [
      { statement },
      { statement, signature, identityToken: 'a.b.c' },
      { statement: 'I agree\n', signature },
      { statement, signature: 'x' },
    ])
      expect(await codeOf(proofs().accept(given, expected))).toBe('PROOF_UNREADABLE');
  });
});

describe('an identity token', () => {
  const withNonce = async (claims: Readonly<Record<string, unknown>> = {}, statement = statementOf()) => ({
    statement,
    identityToken: await issuer.token({ sub: 'ann-at-work', aud: 'pratique', nonce: bindingOf(statement), ...claims }),
  });

  it('with the statement’s nonce is accepted; looked at again long after it expired, still', async () => {
    const reference = await proofs().accept(await withNonce(), expected);
    expect(reference).toMatchObject({ kind: 'oidc', by: `${issuer.issuer} ann-at-work` });
    now = new Date(now.getTime() + 86_400_000);
    const confirmed = await proofs().confirm(reference, expected);
    expect(confirmed.claim.by).toBe('ann');
    expect(confirmed.shown).toBeUndefined();
  });

  it('whose only audience is made from the statement needs no nonce', async () => {
    const statement = statementOf();
    const given = await withNonce({ aud: bindingAudience(bindingOf(statement)), nonce: undefined }, statement);
    expect(await proofs().accept(given, expected)).toMatchObject({ kind: 'oidc' });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['another nonce', { nonce: 'other' }, 'PROOF_INVALID'],
    ['no nonce', { nonce: undefined }, 'PROOF_INVALID'],
    ['another audience', { aud: 'sigstore' }, 'PROOF_INVALID'],
    ['an issuer nobody configured', { iss: 'https://elsewhere.example' }, 'PROOF_INVALID'],
    ['an end that is past', { iat: 1, exp: Math.floor(Date.now() / 1000) - 120 }, 'PROOF_OUT_OF_TIME'],
    ['a beginning that is to come', { nbf: Math.floor(Date.now() / 1000) + 3600 }, 'PROOF_OUT_OF_TIME'],
    [
      'a birth that is to come',
      { iat: Math.floor(Date.now() / 1000) + 3600, exp: Math.floor(Date.now() / 1000) + 7200 },
      'PROOF_OUT_OF_TIME',
    ],
    ['the subject of another', { sub: 'ben-at-work' }, 'PROOF_NOT_THEIRS'],
    ['a subject that is nobody’s', { sub: 'guest' }, 'PROOF_NOT_THEIRS'],
  ])('with %s is refused', async (_, claims, code) => {
    expect(await codeOf(proofs().accept(await withNonce(claims), expected))).toBe(code);
  });

  it('of one statement does not prove another one', async () => {
    const first = statementOf();
    const { identityToken } = await withNonce({}, first);
    const second = statementOf({ at: new Date(now.getTime() + 1).toISOString() });
    expect(await codeOf(proofs().accept({ statement: second, identityToken }, expected))).toBe('PROOF_INVALID');
  });

  it('that is not signed, or by a key of the attacker’s, is refused', async () => {
    const statement = statementOf();
    const claims = { iss: issuer.issuer, sub: 'ann-at-work', aud: 'pratique', nonce: bindingOf(statement) };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none' })}.${part({ ...claims, iat: 1, exp: 9e9 })}.`;
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a secret of the attacker, long enough'));
    for (const identityToken of [unsigned, forged])
      expect(await codeOf(proofs().accept({ statement, identityToken }, expected))).toBe('PROOF_INVALID');
    expect(await codeOf(proofs().accept({ statement, identityToken: 'none' }, expected))).toBe('PROOF_UNREADABLE');
  });

  // Last: the issuer has another key afterwards.
  it('of an issuer that is away is not refused, but not checked; and by a key that is gone it verifies no more', async () => {
    const reference = await proofs().accept(await withNonce(), expected);
    issuer.toggle();
    expect(await codeOf(proofs().confirm(reference, expected))).toBe('PROOF_UNCHECKED');
    issuer.toggle();
    await issuer.rotate();
    expect(await codeOf(proofs().confirm(reference, expected))).toBe('PROOF_INVALID');
    expect(await proofs().accept(await withNonce(), expected)).toMatchObject({ kind: 'oidc' });
  });
});
