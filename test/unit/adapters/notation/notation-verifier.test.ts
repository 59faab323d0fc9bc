import { beforeAll, describe, expect, it } from 'vitest';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { parseDistinguishedName } from '../../../../domain/trust/notation/distinguished-name.ts';
import type { AttachedEnvelope, NotationTrust } from '../../../../domain/trust/notation/notation-verifier.ts';
import { parseTrustPolicies } from '../../../../domain/trust/notation/trust-policy.ts';
import { mutateJson } from '../../../fixtures/mutants/mutate-json.ts';
import {
  type CertificateWish,
  type Certified,
  certify,
  pemOf,
  rootName,
  signerName,
} from '../../../fixtures/notation/authority.ts';
import { cose, type EnvelopeWish, jws, subject } from '../../../fixtures/notation/envelopes.ts';
import { hour, ocspAnswer } from '../../../fixtures/notation/ocsp.ts';
import {
  createTimestampAuthority,
  createToken,
  type TimestampAuthority,
} from '../../../fixtures/notation/timestamp-authority.ts';

const verifier = createNotationVerifier();
const now = new Date();
const DAY = 86_400_000;
const later = (days: number) => new Date(now.getTime() + days * DAY);

let root: Certified;
let authority: Certified;
let leaf: Certified;
let stranger: Certified;
let clock: TimestampAuthority;
let expired: Certified;

beforeAll(async () => {
  const long = { notBefore: later(-100), notAfter: later(100) };
  root = await certify({ subject: rootName, ca: {}, ...long });
  authority = await certify({
    subject: 'C=US, ST=WA, O=Acme, CN=Authority',
    issuer: root,
    ca: { pathLength: 0 },
    ...long,
  });
  leaf = await certify({ subject: signerName, issuer: authority });
  stranger = await certify({ subject: signerName, ca: {}, ...long });
  expired = await certify({ subject: signerName, issuer: authority, notBefore: later(-20), notAfter: later(-10) });
  clock = await createTimestampAuthority();
});

const chain = () => [leaf, authority, root];

function trust(
  more: Partial<NotationTrust['policy']> = {},
  stores: Partial<NotationTrust['stores']> = {},
): NotationTrust {
  const [policy] = parseTrustPolicies(
    {
      version: '1.0',
      trustPolicies: [
        {
          name: 'test',
          registryScopes: ['*'],
          signatureVerification: { level: 'strict' },
          trustStores: ['ca:acme'],
          trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme'],
        },
      ],
    },
    'test',
  );
  return {
    policy: { ...policy!, ...more },
    stores: { ca: [pemOf(root)], signingAuthority: [], tsa: undefined, ...stores },
  };
}

const verify = (envelope: AttachedEnvelope, given: NotationTrust = trust(), at = now) =>
  verifier.verify(envelope, subject, given, at);
const codeOf = (result: ReturnType<typeof verify>) => (result.outcome === 'rejected' ? result.code : result.outcome);

describe.each([
  ['JWS', jws],
  ['COSE', cose],
])('%s', (_, make) => {
  it('is accepted, and says who signed, below which root, and until when', () => {
    expect(verify(make({ chain: chain() }))).toEqual({
      outcome: 'verified',
      identity: {
        kind: 'x509',
        subject: 'C=US,ST=WA,O=Acme,CN=Shop',
        root: expect.stringMatching(/^[0-9a-f]{64}$/),
        keyId: expect.stringMatching(/=$/),
      },
      validUntil: expect.any(String),
      logged: [],
    });
  });

  it.each<[string, () => Partial<EnvelopeWish>, string]>([
    [
      'about another artifact',
      () => ({ payload: { targetArtifact: { ...subject, digest: `sha256:${'b'.repeat(64)}` } } }),
      'SUBJECT_MISMATCH',
    ],
    ['about another size', () => ({ payload: { targetArtifact: { ...subject, size: 1 } } }), 'SUBJECT_MISMATCH'],
    ['about nothing', () => ({ payload: {} }), 'STATEMENT_MALFORMED'],
    ['by another key', () => ({ key: stranger.key }), 'SIGNATURE_INVALID'],
    ['below another root', () => ({ chain: [stranger] }), 'CERTIFICATE_INVALID'],
    ['without the root', () => ({ chain: [leaf, authority] }), 'CERTIFICATE_INVALID'],
    ['in another order', () => ({ chain: [leaf, root, authority] }), 'CERTIFICATE_INVALID'],
    [
      'of another scheme',
      () => ({ protectedHeader: { 'io.cncf.notary.signingScheme': 'notary.x509.other' } }),
      'BUNDLE_UNSUPPORTED',
    ],
  ])('%s: refused', (_name, wish, code) => {
    expect(codeOf(verify(make({ chain: chain(), ...wish() })))).toBe(code);
  });
});

it.each<[string, () => Partial<EnvelopeWish>, string]>([
  ['an unknown algorithm', () => ({ protectedHeader: { alg: 'none' } }), 'ALGORITHM_UNSUPPORTED'],
  ['another algorithm than the key has', () => ({ protectedHeader: { alg: 'ES384' } }), 'ALGORITHM_UNSUPPORTED'],
  ['another payload type', () => ({ protectedHeader: { cty: 'text/plain' } }), 'BUNDLE_UNSUPPORTED'],
  ['no critical attributes', () => ({ protectedHeader: { crit: [] } }), 'BUNDLE_MALFORMED'],
  ['the scheme not critical', () => ({ protectedHeader: { crit: ['cty'] } }), 'BUNDLE_MALFORMED'],
  [
    'a critical attribute nobody knows',
    () => ({ protectedHeader: { crit: ['io.cncf.notary.signingScheme', 'x'], x: 1 } }),
    'ATTRIBUTE_CRITICAL',
  ],
  [
    'one that needs a plugin',
    () => ({ protectedHeader: { 'io.cncf.notary.verificationPlugin': 'other' } }),
    'ATTRIBUTE_CRITICAL',
  ],
  [
    'an expiry that is not critical',
    () => ({ protectedHeader: { 'io.cncf.notary.expiry': '2999-01-01T00:00:00Z' } }),
    'BUNDLE_MALFORMED',
  ],
  [
    'expired',
    () => ({
      protectedHeader: {
        crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.expiry'],
        'io.cncf.notary.signingTime': '2020-01-01T00:00:00Z',
        'io.cncf.notary.expiry': '2020-01-02T00:00:00Z',
      },
    }),
    'SIGNATURE_EXPIRED',
  ],
  [
    "a signing authority's time under a signer's scheme",
    () => ({ protectedHeader: { 'io.cncf.notary.authenticSigningTime': '2020-01-01T00:00:00Z' } }),
    'BUNDLE_MALFORMED',
  ],
  ['a known name in other letters', () => ({ protectedHeader: { Alg: 'ES256' } }), 'BUNDLE_AMBIGUOUS'],
  ['an expired certificate', () => ({ chain: [expired, authority, root] }), 'CERTIFICATE_EXPIRED'],
])('%s: refused', (_, wish, code) => {
  expect(codeOf(verify(jws({ chain: chain(), ...wish() })))).toBe(code);
});

it('what is no envelope is refused, of each kind', () => {
  const bytes = (text: string) => Buffer.from(text);
  expect(codeOf(verify({ mediaType: 'application/jose+json', bytes: bytes('{') }))).toBe('BUNDLE_MALFORMED');
  expect(codeOf(verify({ mediaType: 'application/cose', bytes: bytes('{') }))).toBe('BUNDLE_MALFORMED');
  expect(codeOf(verify({ mediaType: 'text/plain', bytes: bytes('{}') }))).toBe('BUNDLE_UNSUPPORTED');
  expect(codeOf(verify({ mediaType: 'application/cose', bytes: Buffer.alloc(33 * 1024 * 1024) }))).toBe(
    'BUNDLE_TOO_LARGE',
  );
  expect(codeOf(verify(cose({ chain: chain(), tag: 98 })))).toBe('BUNDLE_MALFORMED');
  const doubled = jws({ chain: chain() }).bytes.toString().replace('{"payload"', '{"payload":"eA","payload"');
  expect(codeOf(verify({ mediaType: 'application/jose+json', bytes: bytes(doubled) }))).toBe('BUNDLE_AMBIGUOUS');
});

// signature-specification.md, "Certificate requirements"
it.each<[string, Partial<CertificateWish>]>([
  ['no key usage', { keyUsage: false }],
  ['a key usage that is not critical', { isUsageCritical: false }],
  [
    'a key that may also encrypt',
    { keyUsage: x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment },
  ],
  ['no digital signatures', { keyUsage: x509.KeyUsageFlags.nonRepudiation }],
  ['an authority', { ca: {} }],
  ['for TLS servers', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3', '1.3.6.1.5.5.7.3.1'] }],
  ['for timestamps', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.8'] }],
  ['a critical extension nobody knows', { extensions: [new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))] }],
])('a signing certificate: %s', async (_, wish) => {
  const wrong = await certify({ subject: signerName, issuer: authority, ...wish });
  expect(codeOf(verify(jws({ chain: [wrong, authority, root] })))).toBe('CERTIFICATE_INVALID');
});

it('an authority that may have none below it has none', async () => {
  const below = await certify({ subject: 'C=US, ST=WA, O=Acme, CN=Below', issuer: authority, ca: {} });
  const signed = await certify({ subject: signerName, issuer: below });
  const result = verify(jws({ chain: [signed, below, authority, root] }));
  expect(result).toMatchObject({ code: 'CERTIFICATE_INVALID', reason: expect.stringContaining('path length') });
});

it('a certificate signed by itself is trusted where it is in the store itself', async () => {
  const alone = await certify({ subject: signerName });
  expect(codeOf(verify(jws({ chain: [alone] }), trust({}, { ca: [pemOf(alone)] })))).toBe('verified');
  expect(codeOf(verify(jws({ chain: [alone] })))).toBe('SIGNER_UNKNOWN');
  expect(codeOf(verify(jws({ chain: [alone] }), trust({}, { ca: [] })))).toBe('KEYRING_EMPTY');
});

it('identities: those of the policy, and all where it says so', () => {
  const other = [parseDistinguishedName('C=US, ST=WA, O=Other')];
  const envelope = jws({ chain: chain() });
  expect(codeOf(verify(envelope, trust({ identities: other })))).toBe('IDENTITY_MISMATCH');
  expect(codeOf(verify(envelope, trust({ identities: undefined })))).toBe('verified');
});

it('what a policy logs is told, and accepted', () => {
  const { policy } = trust();
  const audit = { ...policy.actions, authenticity: 'log' } as const;
  const result = verify(jws({ chain: chain() }), trust({ actions: audit }, { ca: [pemOf(stranger)] }));
  expect(result).toMatchObject({ outcome: 'verified', logged: [{ code: 'SIGNER_UNKNOWN' }] });
});

it('nobody is asked about revocation: where somebody could be, that is said', async () => {
  const points = new x509.CRLDistributionPointsExtension(['http://crl.example/1.crl']);
  const listed = await certify({ subject: signerName, issuer: authority, extensions: [points] });
  const envelope = jws({ chain: [listed, authority, root] });
  expect(codeOf(verify(envelope))).toBe('REVOCATION_UNKNOWN');
  const { policy } = trust();
  expect(codeOf(verify(envelope, trust({ actions: { ...policy.actions, revocation: 'skip' } })))).toBe('verified');
});

it("a signing authority's own time counts, below its own store", () => {
  const protectedHeader = {
    crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.authenticSigningTime'],
    'io.cncf.notary.signingScheme': 'notary.x509.signingAuthority',
    'io.cncf.notary.signingTime': undefined,
    'io.cncf.notary.authenticSigningTime': later(-15).toISOString(),
  };
  const envelope = jws({ chain: [expired, authority, root], protectedHeader });
  const stores = { ca: [], signingAuthority: [pemOf(root)] };
  expect(verify(envelope, trust({}, stores))).toMatchObject({
    outcome: 'verified',
    proof: { times: [{ at: later(-15).toISOString(), by: 'signing-authority' }] },
  });
  expect(codeOf(verify(envelope))).toBe('KEYRING_EMPTY');
});

describe('timestamps', () => {
  const stamped = (at: Date, more: Partial<Parameters<typeof createToken>[1]> = {}, by = clock) =>
    jws({ chain: [expired, authority, root], stamp: (over) => createToken(by, { over, at, ...more }) });
  const tsa = () => trust({}, { tsa: [pemOf(clock.root)] });

  it('of an authority that is revoked vouch for nothing, whenever they say they were made', () => {
    const answer = ocspAnswer({ about: clock.leaf, issuer: clock.root, state: 'revoked', invalidSince: hour(-2) });
    const given = { ...tsa(), revocation: { lists: [], answers: [{ source: 'ocsp', bytes: answer }] } };
    for (const hours of [-3, -1]) {
      const envelope = jws({ chain: chain(), stamp: (over) => createToken(clock, { over, at: hour(hours) }) });
      expect(codeOf(verify(envelope, tsa()))).toBe('verified');
      expect(codeOf(verify(envelope, given))).toBe('CERTIFICATE_REVOKED');
    }
  });

  it('a certificate that has expired since counts, and for good', () => {
    // The clock's own certificate is of yesterday: the signer's is made to fit.
    const at = new Date(now.getTime() - 3_600_000);
    const envelope = jws({ chain: chain(), stamp: (over) => createToken(clock, { over, at }) });
    const result = verify(envelope, tsa(), later(50));
    expect(result).toMatchObject({ outcome: 'verified', proof: { times: [{ by: 'timestamp-authority' }] } });
    expect(result).not.toHaveProperty('validUntil');
    expect(codeOf(verify(envelope, trust(), later(50)))).toBe('CERTIFICATE_EXPIRED');
    expect(codeOf(verify(envelope, trust({ verifyTimestamp: 'afterCertExpiry' }, { tsa: [pemOf(root)] })))).toBe(
      'verified',
    );
  });

  it.each<[string, () => AttachedEnvelope, string]>([
    ['none', () => jws({ chain: chain() }), 'TIMESTAMP_MISSING'],
    ['after the end of the certificate', () => stamped(now), 'CERTIFICATE_EXPIRED'],
    [
      'before its beginning',
      () =>
        jws({
          chain: chain(),
          stamp: (over) => createToken(clock, { over, at: new Date(now.getTime() - DAY + 60_000), accuracy: 100 }),
        }),
      'TIMESTAMP_OUTSIDE_CERTIFICATE',
    ],
    [
      'over another signature',
      () => jws({ chain: chain(), stamp: () => createToken(clock, { over: Buffer.from('x'), at: now }) }),
      'TIMESTAMP_INVALID',
    ],
    [
      'another certificate named',
      () => jws({ chain: chain(), stamp: (over) => createToken(clock, { over, at: now, named: root }) }),
      'TIMESTAMP_INVALID',
    ],
    ['no token', () => jws({ chain: chain(), stamp: () => Buffer.from('no token') }), 'TIMESTAMP_INVALID'],
    [
      'before the authority was certified',
      () => jws({ chain: chain(), stamp: (over) => createToken(clock, { over, at: later(-30) }) }),
      'TIMESTAMP_INVALID',
    ],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(verify(make(), tsa()))).toBe(code);
  });

  it('of an authority nobody trusts, or that does other things too: refused', async () => {
    const other = await createTimestampAuthority();
    const wide = await createTimestampAuthority(['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.3']);
    for (const [by, roots] of [
      [other, clock],
      [wide, wide],
    ] as const) {
      const envelope = jws({ chain: chain(), stamp: (over) => createToken(by, { over, at: now }) });
      expect(codeOf(verify(envelope, trust({}, { tsa: [pemOf(roots.root)] })))).toBe('TIMESTAMP_INVALID');
    }
  });
});

it('spoilt in any one place: refused, or the very same', () => {
  const at = new Date(now.getTime() - 3_600_000);
  const envelope = jws({ chain: chain(), stamp: (over) => createToken(clock, { over, at }) });
  const given = trust({}, { tsa: [pemOf(clock.root)] });
  const whole = verify(envelope, given);
  expect(whole.outcome).toBe('verified');
  let count = 0;
  for (const { name, text } of mutateJson(JSON.parse(envelope.bytes.toString()), 6)) {
    count += 1;
    const result = verify({ ...envelope, bytes: Buffer.from(text) }, given);
    if (result.outcome === 'verified') expect(result, name).toEqual(whole);
  }
  expect(count).toBeGreaterThan(100);
});

it('a COSE envelope with any one bit turned: refused, or the very same', () => {
  const envelope = cose({ chain: chain() });
  const whole = verify(envelope);
  for (let at = 0; at < envelope.bytes.length; at += 3) {
    const bytes = Buffer.from(envelope.bytes);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    const result = verify({ ...envelope, bytes });
    if (result.outcome === 'verified') expect(result, `byte ${at}`).toEqual(whole);
  }
});
