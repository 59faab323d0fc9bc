import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBundle } from '../../../../adapters/sigstore/decode-bundle.ts';
import { readPlainKeyBundle } from '../../../../adapters/sigstore/plain-key-bundle.ts';

const plain = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: 'h' }, tlogEntries: [] as unknown[] },
  dsseEnvelope: {
    payload: 'e30=',
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ sig: 'AAEC', keyid: '' }],
  },
};

it('reads what cosign and Pratique write, as the library does', () => {
  const read = readPlainKeyBundle(plain);
  expect(read).toBeDefined();
  expect(decodeBundle(plain)).toEqual({ outcome: 'opened', bundle: read });
});

/** Mostly as it should be, so that a single fault is not hidden by the others. */
const mostly = <T>(right: T, ...wrong: fc.Arbitrary<unknown>[]) =>
  fc.oneof(
    { arbitrary: fc.constant<unknown>(right), weight: 25 },
    ...wrong.map((arbitrary) => ({ arbitrary, weight: 1 })),
  );
const base64 = mostly(
  'AAEC',
  fc.constantFrom('', 'AAE', 'AAF=', 'AAE=', 'A AEC', '-_-_', 'AAEC\n', undefined, null, 7),
  fc.string(),
);
const text = (maximum: number) =>
  mostly('text', fc.constantFrom(undefined, null, 1, '', 'x'.repeat(maximum), 'x'.repeat(maximum + 1)));
/** With a member that nobody knows, now and then. */
const withStranger = (arbitrary: fc.Arbitrary<object>) =>
  mostly(undefined, fc.constantFrom('stranger', 'certificate', 'messageSignature', '__proto__')).chain((name) =>
    arbitrary.map((value) =>
      name === undefined ? value : Object.defineProperty({ ...value }, String(name), { value: {}, enumerable: true }),
    ),
  );
const signature = withStranger(fc.record({ sig: base64, keyid: text(1000) }));
const document = withStranger(
  fc.record({
    mediaType: mostly(
      plain.mediaType,
      fc.constantFrom('application/vnd.dev.sigstore.bundle+json;version=0.3', 'text/plain', null),
    ),
    verificationMaterial: withStranger(
      fc.record({
        publicKey: fc.oneof(withStranger(fc.record({ hint: text(1000) })), fc.constantFrom(null, [], 'key')),
        tlogEntries: mostly([], fc.constantFrom(undefined, null, {}, [{}], [{ logIndex: '1' }])),
      }),
    ),
    dsseEnvelope: withStranger(
      fc.record({
        payload: base64,
        payloadType: text(255),
        signatures: fc.oneof(
          signature.map((one) => [one]),
          signature.map((one) => one),
          fc.array(signature, { maxLength: 2 }),
        ),
      }),
    ),
  }),
);

it('reads nothing that schema and library would refuse, and nothing in another way', () => {
  let read = 0;
  fc.assert(
    fc.property(document, (value) => {
      // As it comes out of JSON: without what is undefined.
      const parsed: unknown = JSON.parse(JSON.stringify(value));
      const bundle = readPlainKeyBundle(parsed);
      if (bundle === undefined) return;
      read += 1;
      expect(decodeBundle(parsed)).toEqual({ outcome: 'opened', bundle });
    }),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(20);
});

it.each([
  ['a member more', { ...plain, stranger: 1 }],
  ['a log entry', { ...plain, verificationMaterial: { ...plain.verificationMaterial, tlogEntries: [{}] } }],
  ['a certificate', { ...plain, verificationMaterial: { certificate: { rawBytes: 'AAEC' } } }],
  ['a timestamp', { ...plain, verificationMaterial: { publicKey: {}, timestampVerificationData: {} } }],
  [
    'two signatures',
    { ...plain, dsseEnvelope: { ...plain.dsseEnvelope, signatures: [{ sig: 'AA==' }, { sig: 'AA==' }] } },
  ],
  ['loose base64', { ...plain, dsseEnvelope: { ...plain.dsseEnvelope, payload: 'e30' } }],
  ['an older format', { ...plain, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }],
])('leaves one with %s to them', (_, value) => {
  expect(readPlainKeyBundle(value)).toBeUndefined();
});
