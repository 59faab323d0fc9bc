import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { purposeRefusal } from '../../../../domain/trust/key-purpose.ts';
import { keyReferenceProblem } from '../../../../domain/trust/key-reference.ts';
import { findChainDoubt, firstPrevious, keyUseText, type RecordedKeyUse } from '../../../../domain/trust/key-use.ts';
import { preAuthenticationEncoding } from '../../../../domain/trust/pre-authentication-encoding.ts';
import { readSignedBytes } from '../../../../domain/trust/signed-bytes.ts';
import { createSimpleSigning } from '../../../../domain/trust/simple-signing.ts';
import { createStatement, inTotoPayloadType, predicateTypes } from '../../../../domain/trust/statement.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const digest = `sha256:${'a'.repeat(64)}` as Digest;

function chain(length: number): RecordedKeyUse[] {
  const uses: RecordedKeyUse[] = [];
  for (let position = 1; position <= length; position += 1) {
    const use = {
      ...{ position, at: `2026-01-01T00:00:0${position}.000000Z`, actor: 'trust', key: 'evidence', identity: 'key:K' },
      ...{
        statement: predicateTypes.vsa,
        subject: digest,
        signed: sha256(`${position}`),
        signature: sha256(`s${position}`),
      },
      ...{ workflow: 'w', run: 'r', previous: uses.at(-1)?.hash ?? firstPrevious },
    };
    uses.push({ ...use, hash: sha256(keyUseText(use)) });
  }
  return uses;
}
const start = { position: 0, hash: firstPrevious };
const check = { sha256, isSigned: () => true };

describe('a chain of key uses', () => {
  it('is as it was written', () => {
    expect(findChainDoubt(chain(5), [], start, check)).toBeUndefined();
    expect(findChainDoubt(chain(5).slice(2), [], { position: 2, hash: chain(5)[1]!.hash }, check)).toBeUndefined();
  });

  it('tells of any field of any record that was changed', () => {
    const fields = Object.keys(chain(1)[0]!) as (keyof RecordedKeyUse)[];
    fc.assert(
      fc.property(fc.nat(4), fc.constantFrom(...fields), (index, field) => {
        const uses = chain(5);
        const value = uses[index]![field];
        uses[index] = {
          ...uses[index]!,
          [field]: typeof value === 'number' ? value + 1 : `${value}x`,
        } as RecordedKeyUse;
        const doubt = findChainDoubt(uses, [], start, check);
        // A hash of the last one alone is what only a checkpoint tells, or the next record.
        expect(doubt?.position).toBe(index + 1);
      }),
    );
  });

  it('tells of a record that is left out, and of two that were exchanged', () => {
    const uses = chain(5);
    expect(findChainDoubt(uses.toSpliced(2, 1), [], start, check)).toMatchObject({ position: 3 });
    expect(findChainDoubt([uses[1]!, uses[0]!], [], start, check)).toMatchObject({ position: 1 });
    expect(findChainDoubt(uses, [], { ...start, hash: sha256('another') }, check)).toMatchObject({ position: 1 });
  });

  it('tells of a checkpoint that is of another key, or over something else', () => {
    const uses = chain(3);
    const checkpoint = { position: 3, hash: uses[2]!.hash, at: uses[2]!.at, keyId: 'C', signature: '' };
    expect(findChainDoubt(uses, [checkpoint], start, check)).toBeUndefined();
    const doubted = { position: 3 };
    expect(findChainDoubt(uses, [checkpoint], start, { ...check, isSigned: () => false })).toMatchObject(doubted);
    for (const changed of [{ hash: sha256('x') }, { at: '2025-01-01T00:00:00.000000Z' }])
      expect(findChainDoubt(uses, [{ ...checkpoint, ...changed }], start, check)).toMatchObject(doubted);
  });
});

describe('what a key is asked to sign', () => {
  const encode = (statement: unknown, type: string = inTotoPayloadType) =>
    preAuthenticationEncoding(type, new TextEncoder().encode(JSON.stringify(statement)));

  it('is read from the bytes themselves', () => {
    expect(
      readSignedBytes(encode(createStatement(digest, predicateTypes.vsa, { verificationResult: 'PASSED' }))),
    ).toEqual({
      statement: predicateTypes.vsa,
      subject: digest,
      verificationResult: 'PASSED',
    });
    expect(readSignedBytes(new TextEncoder().encode(createSimpleSigning(digest, 'registry.test/shop')))).toMatchObject({
      subject: digest,
    });
  });

  it.each([
    ['text', new TextEncoder().encode('anything')],
    ['bytes', Uint8Array.from([0xff, 0xfe, 0])],
    ['nothing', new Uint8Array()],
    [
      'a statement about two',
      encode({
        ...createStatement(digest, 'x', {}),
        subject: [{ digest: { sha256: 'a' } }, { digest: { sha256: 'b' } }],
      }),
    ],
    ['a statement about none', encode({ ...createStatement(digest, 'x', {}), subject: [] })],
    ['an envelope of another type', encode(createStatement(digest, 'x', {}), 'text/plain')],
    ['an envelope without JSON', preAuthenticationEncoding(inTotoPayloadType, new TextEncoder().encode('{'))],
  ])('is nothing where it is %s', (_, bytes) => {
    expect(readSignedBytes(bytes)).toBeUndefined();
  });

  it.each([
    ['admission', predicateTypes.cosignSignature, undefined, true],
    ['admission', predicateTypes.vsa, 'PASSED', true],
    ['admission', predicateTypes.vsa, 'FAILED', false],
    ['admission', predicateTypes.vsa, undefined, false],
    ['admission', predicateTypes.cycloneDx, undefined, false],
    ['evidence', predicateTypes.cosignSignature, undefined, false],
    ['evidence', 'application/vnd.dev.cosign.simplesigning.v1+json', undefined, false],
    ['evidence', predicateTypes.vsa, 'FAILED', true],
    ['evidence', predicateTypes.promotion, undefined, true],
  ] as const)('by the %s key, %s (%s): %s', (purpose, statement, verificationResult, signs) => {
    expect(purposeRefusal(purpose, { statement, subject: digest, verificationResult }) === undefined).toBe(signs);
  });
});

it.each([
  ['pkcs11:token=release;object=admission', true],
  ['awskms:///alias/release', true],
  ['hashivault://release/3', true],
  ['gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k', true],
  ['azurekms://release.vault.azure.net/admission', true],
  ['admission-prod.key', false],
  ['/etc/passwd', false],
  ['env://HOME', false],
  ['pkcs11:object=x?module-path=/tmp/evil.so', false],
  ['pkcs11:object=x?module%2dpath=/tmp/evil.so', false],
  ['pkcs11:object=x?pin-source=file:/etc/passwd', false],
  ['pkcs11:object=x?pin-value=1234', false],
  ['pkcs11:object=x?module-name=evil', false],
  ['awskms://a b', false],
  ['pkcs11:%ff%zz', true],
])('a key at %s: %s', (reference, opened) => {
  expect(keyReferenceProblem(reference) === undefined).toBe(opened);
});
