import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBundleSigner, signMessage } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { maxBundleBytes } from '../../../../adapters/sigstore/open-bundle.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import { preAuthenticationEncoding } from '../../../../domain/trust/pre-authentication-encoding.ts';
import { createStatement, type Statement } from '../../../../domain/trust/statement.ts';

const newSigner = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const signer = newSigner();
const stranger = newSigner();
const weakKey = generateKeyPairSync('rsa', {
  modulusLength: 1024,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey;
const otherCurve = generateKeyPairSync('ec', {
  namedCurve: 'secp256k1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey;
const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const other = parseDigest(`sha256:${'b'.repeat(64)}`);
const trusted = { keys: [stranger.publicKeyPem, signer.publicKeyPem] };
const verifier = createBundleVerifier();
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

interface Bundle {
  mediaType: string;
  verificationMaterial: Record<string, unknown> & { publicKey: { hint: string } };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
}
const bytes = await createBundleSigner().sign(createCosignSignature(digest), signer);
const parsed = () => JSON.parse(Buffer.from(bytes).toString()) as Bundle;

/** A bundle around any payload, correctly signed. */
async function signRaw(payload: string, payloadType = 'application/vnd.in-toto+json'): Promise<Uint8Array> {
  const sig = await signer.sign(preAuthenticationEncoding(payloadType, new TextEncoder().encode(payload)));
  return encode({
    ...parsed(),
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType,
      signatures: [{ sig: Buffer.from(sig).toString('base64') }],
    },
  });
}

it('has the form of cosign: hint in the material, no keyid in the envelope, nothing else', () => {
  expect(parsed()).toEqual({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: signer.keyId } },
    dsseEnvelope: {
      payload: expect.any(String) as string,
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: expect.any(String) as string }],
    },
  });
});

it('verifies what was signed, and says who signed', async () => {
  expect(await verifier.verify(bytes, digest, trusted)).toMatchObject({
    outcome: 'verified',
    identity: { kind: 'key', keyId: signer.keyId },
    statement: createCosignSignature(digest),
  });
});

it.each([
  ['', 'empty'],
  ['elsewhere', 'unknown'],
])('a hint that is %s does not matter: it is advice', async (hint) => {
  const bundle = parsed();
  bundle.verificationMaterial.publicKey.hint = hint;
  expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({
    outcome: 'verified',
    identity: { keyId: signer.keyId },
  });
});

it('verifies a document of 8 MiB', async () => {
  const statement = createStatement(digest, 'https://cyclonedx.org/bom', { text: 'x'.repeat(8 * 1024 * 1024) });
  const large = await createBundleSigner().sign(statement, signer);
  expect((await verifier.verify(large, digest, trusted)).outcome).toBe('verified');
});

describe('rejected', () => {
  const change = (act: (bundle: Bundle) => void) => {
    const bundle = parsed();
    act(bundle);
    return encode(bundle);
  };
  const strangersSignature = async () => {
    const bundle = JSON.parse(
      Buffer.from(await createBundleSigner().sign(createCosignSignature(digest), stranger)).toString(),
    ) as Bundle;
    return bundle.dsseEnvelope.signatures;
  };

  it.each<[string, () => Uint8Array | Promise<Uint8Array>, string]>([
    ['no bytes', () => new Uint8Array(), 'BUNDLE_MALFORMED'],
    ['bytes that are no UTF-8', () => Uint8Array.of(0xff, 0xfe), 'BUNDLE_MALFORMED'],
    ['a number', () => encode(7), 'BUNDLE_MALFORMED'],
    ['more than is read', () => new Uint8Array(maxBundleBytes + 1).fill(0x20), 'BUNDLE_TOO_LARGE'],
    ['another media type', () => change((b) => (b.mediaType = 'application/json')), 'BUNDLE_MALFORMED'],
    ['a member nobody knows', () => change((b) => Object.assign(b, { extra: 1 })), 'BUNDLE_MALFORMED'],
    ['no signature', () => change((b) => (b.dsseEnvelope.signatures = [])), 'BUNDLE_MALFORMED'],
    [
      'two signatures',
      () => change((b) => b.dsseEnvelope.signatures.push(b.dsseEnvelope.signatures[0]!)),
      'BUNDLE_MALFORMED',
    ],
    ['an empty signature', () => change((b) => (b.dsseEnvelope.signatures = [{ sig: '' }])), 'BUNDLE_MALFORMED'],
    ['loose base64', () => change((b) => (b.dsseEnvelope.signatures[0]!.sig += '\n')), 'BUNDLE_MALFORMED'],
    ['an empty payload', () => change((b) => (b.dsseEnvelope.payload = '')), 'BUNDLE_MALFORMED'],
    [
      'no key and no certificate',
      () => change((b) => Object.assign(b, { verificationMaterial: {} })),
      'BUNDLE_MALFORMED',
    ],
    [
      'another payload',
      () =>
        change(
          (b) =>
            (b.dsseEnvelope.payload = Buffer.from(JSON.stringify(createCosignSignature(other))).toString('base64')),
        ),
      'SIGNATURE_INVALID',
    ],
    [
      'the signature of a stranger under our hint',
      async () => {
        const signatures = await strangersSignature();
        return change((b) => (b.dsseEnvelope.signatures = signatures));
      },
      'SIGNATURE_INVALID',
    ],
    ['another payload type', () => change((b) => (b.dsseEnvelope.payloadType = 'text/plain')), 'STATEMENT_MALFORMED'],
    ['a signed text that is no statement', () => signRaw('{"hello":"world"}'), 'STATEMENT_MALFORMED'],
    ['a signed text that is no JSON', () => signRaw('hello'), 'STATEMENT_MALFORMED'],
    [
      'a statement without subjects',
      () => signRaw(JSON.stringify({ ...createCosignSignature(digest), subject: [] })),
      'STATEMENT_MALFORMED',
    ],
    [
      'ten thousand subjects',
      () =>
        signRaw(
          JSON.stringify({
            ...createCosignSignature(digest),
            subject: Array.from({ length: 10_000 }, () => ({ digest: { sha256: 'a'.repeat(64) } })),
          }),
        ),
      'STATEMENT_MALFORMED',
    ],
    [
      'a subject under another algorithm',
      () =>
        signRaw(
          JSON.stringify({ ...createCosignSignature(digest), subject: [{ digest: { sha512: 'a'.repeat(64) } }] }),
        ),
      'SUBJECT_MISMATCH',
    ],
    [
      'a statement about another artifact',
      () => createBundleSigner().sign(createCosignSignature(other), signer),
      'SUBJECT_MISMATCH',
    ],
    ['a signature over a file', () => signMessage(new TextEncoder().encode('x'), signer), 'BUNDLE_UNSUPPORTED'],
    [
      'a certificate without a trusted root',
      () => change((b) => Object.assign(b, { verificationMaterial: { certificate: { rawBytes: 'AAAA' } } })),
      'BUNDLE_UNSUPPORTED',
    ],
  ])('%s', async (_name, make, code) => {
    expect(await verifier.verify(await make(), digest, trusted)).toMatchObject({ outcome: 'rejected', code });
  });

  it.each([
    ['no trusted key', { keys: [] }, 'KEYRING_EMPTY'],
    ['other trusted keys', { keys: [stranger.publicKeyPem] }, 'SIGNER_UNKNOWN'],
    ['an RSA key of 1024 bits', { keys: [weakKey] }, 'ALGORITHM_UNSUPPORTED'],
    ['a key of another curve', { keys: [otherCurve] }, 'ALGORITHM_UNSUPPORTED'],
  ])('with %s', async (_name, keys, code) => {
    expect(await verifier.verify(bytes, digest, keys)).toMatchObject({ code });
  });

  it.each([[0], [1]])('a trusted key that is too weak hides none beside it, at place %i', async (place) => {
    const hintless = parsed();
    hintless.verificationMaterial.publicKey.hint = 'another tool has its own';
    const keys = [signer.publicKeyPem].toSpliced(place, 0, weakKey);
    expect(await verifier.verify(encode(hintless), digest, { keys })).toMatchObject({ outcome: 'verified' });
    const foreign = await createBundleSigner().sign(createCosignSignature(digest), newSigner());
    expect(await verifier.verify(foreign, digest, { keys })).toMatchObject({ code: 'ALGORITHM_UNSUPPORTED' });
  });

  it.each([
    ['a key twice', (text: string) => text.replace('{', '{"mediaType":"x",'), 'BUNDLE_AMBIGUOUS'],
    ['nesting', (text: string) => `${'['.repeat(2000)}${text}${']'.repeat(2000)}`, 'BUNDLE_AMBIGUOUS'],
  ])('%s', async (_name, change, code) => {
    const text = change(Buffer.from(bytes).toString());
    expect(await verifier.verify(Buffer.from(text), digest, trusted)).toMatchObject({ code });
  });

  it('200 MB are not read', async () => {
    expect(await verifier.verify(new Uint8Array(200 * 1024 * 1024), digest, trusted)).toMatchObject({
      code: 'BUNDLE_TOO_LARGE',
    });
  });

  it('a trusted key that is none is our own mistake, and says so', async () => {
    await expect(
      verifier.verify(bytes, digest, { keys: ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'] }),
    ).rejects.toMatchObject({ code: 'KEY_MALFORMED' });
  });
});

describe('mutants of a valid bundle', () => {
  /** Hints and white space are not signed; whatever else changes must not verify as something else. */
  async function expectNothingElse(mutant: Uint8Array): Promise<void> {
    const result = await verifier.verify(mutant, digest, trusted);
    if (result.outcome === 'verified')
      expect(result).toMatchObject({
        outcome: 'verified',
        identity: { kind: 'key', keyId: signer.keyId },
        statement: createCosignSignature(digest) satisfies Statement,
      });
  }

  it('bytes flipped, cut, doubled: never accepted with another meaning, never thrown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom('replace', 'delete', 'insert', 'truncate', 'repeat'),
        async (at, byte, act) => {
          const all = Buffer.from(bytes);
          const [head, tail] = [all.subarray(0, at), all.subarray(at)];
          const mutants = {
            replace: [head, Uint8Array.of(byte), tail.subarray(1)],
            delete: [head, tail.subarray(1)],
            insert: [head, Uint8Array.of(byte), tail],
            truncate: [head],
            repeat: [all, tail],
          };
          await expectNothingElse(Buffer.concat(mutants[act]));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('one byte of payload or signature changed: never accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, mask, inPayload) => {
        const bundle = parsed();
        const signature = bundle.dsseEnvelope.signatures[0]!;
        const raw = Buffer.from(inPayload ? bundle.dsseEnvelope.payload : signature.sig, 'base64');
        raw[at % raw.length]! ^= mask;
        if (inPayload) bundle.dsseEnvelope.payload = raw.toString('base64');
        else signature.sig = raw.toString('base64');
        expect((await verifier.verify(encode(bundle), digest, trusted)).outcome).toBe('rejected');
      }),
      { numRuns: 1000 },
    );
  });

  it('any JSON at all in the place of any member', async () => {
    const places = [
      ['mediaType'],
      ['verificationMaterial'],
      ['verificationMaterial', 'publicKey'],
      ['verificationMaterial', 'publicKey', 'hint'],
      ['verificationMaterial', 'tlogEntries'],
      ['verificationMaterial', 'timestampVerificationData'],
      ['verificationMaterial', 'certificate'],
      ['dsseEnvelope'],
      ['dsseEnvelope', 'payload'],
      ['dsseEnvelope', 'payloadType'],
      ['dsseEnvelope', 'signatures'],
      ['messageSignature'],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), async (place, value) => {
        const bundle: unknown = parsed();
        let target = bundle as Record<string, unknown>;
        for (const step of place.slice(0, -1)) target = target[step] as Record<string, unknown>;
        target[place.at(-1)!] = value;
        await expectNothingElse(encode(bundle));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a file signed as sign-blob does', () => {
  const file = new TextEncoder().encode('a file');

  it('verifies, and no other file does', async () => {
    const bundle = await signMessage(file, signer);
    expect(await verifier.verifyMessage(bundle, file, trusted)).toMatchObject({
      outcome: 'verified',
      identity: { kind: 'key', keyId: signer.keyId },
    });
    expect(await verifier.verifyMessage(bundle, new TextEncoder().encode('a filf'), trusted)).toMatchObject({
      code: 'SUBJECT_MISMATCH',
    });
    expect(await verifier.verifyMessage(bundle, file, { keys: [stranger.publicKeyPem] })).toMatchObject({
      code: 'SIGNER_UNKNOWN',
    });
  });

  it.each([
    ['MD5', 'ALGORITHM_UNSUPPORTED'],
    ['SHA3_256', 'ALGORITHM_UNSUPPORTED'],
    ['SHA2_512', 'SUBJECT_MISMATCH'],
  ])('with a hash that says it is %s', async (algorithm, code) => {
    const text = Buffer.from(await signMessage(file, signer)).toString();
    expect(text).toContain('SHA2_256');
    const changed = Buffer.from(text.replace('SHA2_256', algorithm));
    expect(await verifier.verifyMessage(changed, file, trusted)).toMatchObject({ code });
  });

  it('is not a statement', async () => {
    expect(await verifier.verifyMessage(bytes, file, trusted)).toMatchObject({ code: 'BUNDLE_UNSUPPORTED' });
  });
});
