/** Passkeys as proof of an approval: each way in which one may not be an approver's own is refused by name. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../../../adapters/postgres/blob-store.ts';
import { createApprovalProofs } from '../../../../adapters/proof/approval-proofs.ts';
import { readRegistration } from '../../../../adapters/webauthn/read-registration.ts';
import { readRelyingParty, relyingPartyVariables } from '../../../../adapters/webauthn/relying-party-variables.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { type ApprovalClaim, approvalText } from '../../../../domain/identity/approval-claim.ts';
import type { ExpectedClaim, GivenProof } from '../../../../domain/identity/approval-proof.ts';
import {
  type GivenAssertion,
  type Passkey,
  parsePasskeyText,
  passkeyText,
  type RelyingParty,
} from '../../../../domain/identity/passkey.ts';
import { ProofError } from '../../../../domain/identity/proof-error.ts';
import { type Answer, type KeyKind, TestPasskey } from '../../../fixtures/authenticator.ts';

const party: RelyingParty = {
  id: 'pratique.example.com',
  origin: 'https://pratique.example.com',
  page: 'https://pratique.example.com/approve',
};
const digest = (of: string) => sha256Digest(of);
const expected: ExpectedClaim = {
  ...{ verb: 'approve', about: `promotion/prod/shop@${digest('image')}`, decision: digest('decision'), by: 'ann' },
  reason: 'looked at it',
};
let now: Date;
let ann: TestPasskey;
let ben: TestPasskey;
let stored: Map<Digest, Uint8Array>;
let kept: Map<string, { readonly key: TestPasskey; count: number; at: string }>;
let holders: Map<string, string>;
beforeEach(() => {
  now = new Date();
  [ann, ben] = [new TestPasskey(party), new TestPasskey(party)];
  stored = new Map();
  kept = new Map([ann, ben].map((key) => [key.id, { key, count: 0, at: '' }]));
  holders = new Map([
    [ann.fingerprint, 'ann'],
    [ben.fingerprint, 'ben'],
  ]);
});

function proofs({ relyingParty }: { relyingParty: RelyingParty | undefined } = { relyingParty: party }) {
  return createApprovalProofs({
    blobs: {
      async put(bytes, mediaType) {
        stored.set(sha256Digest(bytes), bytes);
        return { digest: sha256Digest(bytes), size: bytes.length, mediaType };
      },
      get: async (of) => stored.get(of) as Uint8Array,
    },
    holderOf: async (kind, value) => (kind === 'webauthn' ? holders.get(value) : undefined),
    principalOf: async (subject) => subject,
    issuers: { verify: () => Promise.reject(new Error('no token was given')) },
    passkeys: {
      find: async (id) => kept.get(id)?.key as unknown as Passkey | undefined,
      async use(id, { signCount, at }) {
        const row = kept.get(id);
        if (row === undefined || at <= row.at) return false;
        if (signCount <= row.count && signCount + row.count > 0) return false;
        Object.assign(row, { count: signCount, at });
        return true;
      },
    },
    relyingParty,
    now: () => now,
  });
}
const statementOf = (changes: Partial<ApprovalClaim> = {}) =>
  approvalText({ ...expected, at: now.toISOString(), ...changes });
const shown = (statement = statementOf(), answer: Answer = {}, key = ann): GivenProof => ({
  statement,
  assertion: key.assert(statement, answer),
});
const codeOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    return await act;
  } catch (error) {
    return error instanceof ProofError ? error.code : error;
  }
};

describe('a passkey', () => {
  it.each<KeyKind>(['ES256', 'Ed25519', 'RS256'])(
    'with a key of %s proves, and is verified again from what was kept alone',
    async (kind) => {
      const key = new TestPasskey(party, { kind });
      kept.set(key.id, { key, count: 0, at: '' });
      holders.set(key.fingerprint, 'ann');
      const given = shown(statementOf(), {}, key);
      const reference = await proofs().accept(given, expected);
      expect(reference).toEqual({
        ...{ kind: 'webauthn', by: key.fingerprint, at: now.toISOString() },
        digest: expect.stringMatching(/^sha256:/),
      });
      kept.clear();
      expect(await proofs().confirm(reference, expected)).toEqual({
        ...reference,
        claim: { ...expected, at: now.toISOString() },
        shown: { statement: given.statement, assertion: { ...given.assertion, publicKey: key.publicKey } },
      });
    },
  );

  it.each<[string, Partial<ApprovalClaim>]>([
    ['decision', { decision: digest('another') }],
    ['environment', { about: `promotion/staging/shop@${digest('image')}` }],
    ['artifact', { about: `promotion/prod/shop@${digest('another image')}` }],
    ['person', { by: 'ben' }],
    ['verb', { verb: 'reject' }],
    ['reason', { reason: 'did not look' }],
  ])('that answered for another %s is refused', async (_, changes) => {
    expect(await codeOf(proofs().accept(shown(statementOf(changes)), expected))).toBe('PROOF_OF_ANOTHER');
    const { assertion } = shown(statementOf(changes));
    expect(await codeOf(proofs().accept({ statement: statementOf(), assertion }, expected))).toBe('PROOF_INVALID');
  });

  it.each<[string, Answer, RegExp]>([
    ['without user verification', { flags: 0x01 }, /did not verify its user/],
    ['without its user there', { flags: 0x04 }, /did not verify its user/],
    ['on another origin', { origin: 'https://pratique.example.com.evil.test' }, /another page/],
    ['on another port', { origin: 'https://pratique.example.com:8443' }, /another page/],
    ['for another relying party', { rpId: 'example.com' }, /another site/],
    ['in a frame of another site', { client: { crossOrigin: true } }, /inside of a page of another/],
    ['with another page at the top', { client: { topOrigin: 'https://evil.test' } }, /inside of a page of another/],
    ['to a registration', { type: 'webauthn.create' }, /something else/],
    ['as a registration', { flags: 0x45 }, /not of an assertion/],
    ['with reserved flags', { flags: 0x07 }, /contradict/],
    ['backed up and not eligible for it', { flags: 0x15 }, /contradict/],
    ['with more than its flags say', { trailing: new Uint8Array([0xa0]) }, /more or less/],
    ['with less than its flags say', { flags: 0x85 }, /more or less/],
  ])('that answered %s is refused', async (_, answer, why) => {
    await expect(proofs().accept(shown(statementOf(), answer), expected)).rejects.toThrow(why);
    // As the trust worker finds it, where somebody put it into its place.
    const { statement, assertion } = shown(statementOf(), answer);
    const body = new TextEncoder().encode(
      JSON.stringify({ statement, assertion: { ...assertion, publicKey: ann.publicKey } }),
    );
    stored.set(sha256Digest(body), body);
    const reference = { kind: 'webauthn', by: ann.fingerprint, digest: sha256Digest(body) } as const;
    await expect(proofs().confirm(reference, expected)).rejects.toThrow(why);
  });

  it('of another person, or of nobody, is refused', async () => {
    expect(await codeOf(proofs().accept(shown(statementOf(), {}, ben), expected))).toBe('PROOF_NOT_THEIRS');
    holders.delete(ann.fingerprint);
    await expect(proofs().accept(shown(), expected)).rejects.toThrow(
      `pratique principal join ann webauthn '${ann.fingerprint}'`,
    );
    kept.delete(ann.id);
    await expect(proofs().accept(shown(), expected)).rejects.toThrow(/not registered/);
  });

  it('that is named by another’s id does not verify', async () => {
    const given = shown(statementOf(), {}, ben);
    const assertion = { ...given.assertion, credential: ann.id } as GivenProof['assertion'];
    expect(await codeOf(proofs().accept({ ...given, assertion }, expected))).toBe('PROOF_INVALID');
  });

  it('whose answer is shown twice, or whose counter is behind, is refused', async () => {
    const first = shown();
    await proofs().accept(first, expected);
    await expect(proofs().accept(first, expected)).rejects.toThrow(/has signed that already/);
    now = new Date(now.getTime() + 1000);
    expect(await codeOf(proofs().accept(shown(statementOf(), { count: 1 }), expected))).toBe('PROOF_INVALID');
    expect(await codeOf(proofs().accept(shown(statementOf(), { count: 0 }), expected))).toBe('PROOF_INVALID');
    expect(await proofs().accept(shown(statementOf(), { count: 7 }), expected)).toMatchObject({ kind: 'webauthn' });
  });

  it('without a counter counts once for one statement, and not for an earlier one', async () => {
    const synced = new TestPasskey(party, { counts: false });
    kept.set(synced.id, { key: synced, count: 0, at: '' });
    holders.set(synced.fingerprint, 'ann');
    const earlier = shown(statementOf(), {}, synced);
    now = new Date(now.getTime() + 1);
    const later = shown(statementOf(), {}, synced);
    expect(await proofs().accept(later, expected)).toMatchObject({ kind: 'webauthn' });
    for (const again of [later, earlier]) expect(await codeOf(proofs().accept(again, expected))).toBe('PROOF_INVALID');
  });

  it('is refused where no pages are configured', async () => {
    const reference = await proofs().accept(shown(), expected);
    const without = proofs({ relyingParty: undefined });
    expect(await codeOf(without.confirm(reference, expected))).toBe('PROOF_INVALID');
    expect(await codeOf(without.accept(shown(), expected))).toBe('PROOF_INVALID');
  });

  it('whose answer was altered anywhere is refused, and nothing throws but a proof’s own error', async () => {
    const { statement, assertion } = shown();
    const whole = assertion as GivenAssertion;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('clientData', 'authenticatorData', 'signature' as const),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (member, place, change, cut) => {
          const bytes = Buffer.from(whole[member as keyof typeof whole], 'base64url');
          const at = place % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ change;
          const altered = { ...whole, [member]: (cut ? bytes.subarray(0, at) : bytes).toString('base64url') };
          const code = await codeOf(proofs().accept({ statement, assertion: altered }, expected));
          expect(code).toMatch(/^PROOF_(?:INVALID|UNREADABLE)$/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a registration', () => {
  const text = passkeyText({ by: 'ann', name: 'blue key', at: '2026-01-02T03:04:05.678Z' });
  it.each<KeyKind>(['ES256', 'Ed25519', 'RS256'])('of a key of %s is read', async (kind) => {
    const key = new TestPasskey(party, { kind });
    expect(await readRegistration(key.register(text), text, party)).toEqual({
      ...{ id: key.id, publicKey: key.publicKey, fingerprint: key.fingerprint },
      ...{ relyingParty: party.id, signCount: 0 },
    });
  });

  it('with extensions is read where its flags say so', async () => {
    const credProtect = Buffer.from('a16b6372656450726f7465637403', 'hex');
    const given = ann.register(text, { flags: 0xc5, trailing: credProtect });
    expect(await readRegistration(given, text, party)).toMatchObject({ id: ann.id });
    for (const answer of [{ trailing: credProtect }, { flags: 0xc5 }])
      await expect(readRegistration(ann.register(text, answer), text, party)).rejects.toThrow(/extensions/);
  });

  it.each<[string, Answer]>([
    ['without user verification', { flags: 0x41 }],
    ['on another origin', { origin: 'https://evil.test' }],
    ['for another relying party', { rpId: 'evil.test' }],
    ['in a frame of another site', { client: { crossOrigin: true } }],
    ['to an approval', { type: 'webauthn.get' }],
    ['without a credential', { flags: 0x05 }],
  ])('that answered %s is refused', async (_, answer) => {
    expect(await codeOf(readRegistration(ann.register(text, answer), text, party))).toMatch(/^PROOF_/);
  });

  it('for another statement is refused', async () => {
    expect(await codeOf(readRegistration(ann.register('another'), text, party))).toBe('PROOF_INVALID');
  });

  it('of anything ends in a proof’s own error', async () => {
    const good = Buffer.from(ann.register(text).authenticatorData, 'base64url').subarray(0, 55 + 32);
    const { clientData } = ann.register(text);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (rest) => {
        const authenticatorData = Buffer.concat([good, rest]).toString('base64url');
        expect(await codeOf(readRegistration({ clientData, authenticatorData }, text, party))).toMatch(/^PROOF_/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the text of a registration', () => {
  it('is parsed back to the byte, and nothing else is one', () => {
    const claim = { by: 'ann', name: 'a "key"', at: '2026-01-02T03:04:05.678Z' };
    expect(parsePasskeyText(passkeyText(claim))).toEqual(claim);
    for (const text of [
      '',
      'x',
      `${passkeyText(claim)}x`,
      passkeyText(claim).replace('"by"', ' "by"'),
      approvalText({ ...expected, at: claim.at }),
    ])
      expect(parsePasskeyText(text)).toBeUndefined();
  });
});

describe('the address of the pages', () => {
  it.each([
    ['https://pratique.example.com', { id: 'pratique.example.com', origin: 'https://pratique.example.com' }],
    ['https://tools.example.com/pratique/', { page: 'https://tools.example.com/pratique/approve' }],
    [
      'http://localhost:8080',
      { id: 'localhost', origin: 'http://localhost:8080', page: 'http://localhost:8080/approve' },
    ],
  ])('%s says whose passkeys they are', (text, party) => {
    expect(
      readRelyingParty({ PRATIQUE_PAGES_URL: relyingPartyVariables.PRATIQUE_PAGES_URL.parse(text) }),
    ).toMatchObject(party);
  });

  it.each([
    'http://pratique.example.com',
    'https://10.0.0.1',
    'https://[::1]',
    'pratique',
    'https://a.example/?x',
    'https://u@a.example',
  ])('%s is none', (text) => {
    expect(relyingPartyVariables.PRATIQUE_PAGES_URL.safeParse(text).success).toBe(false);
  });

  it('may be left out', () => {
    for (const read of [{}, { PRATIQUE_PAGES_URL: '' }]) expect(readRelyingParty(read)).toBeUndefined();
  });
});
