/** Answers of OCSP: whose they are, whether they count, and what they say. */
import { beforeAll, describe, expect, it } from 'vitest';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { extendedKeyUsages, readCertificate } from '../../../../adapters/notation/certificate.ts';
import { ocspRequest, readOcspAnswer } from '../../../../adapters/notation/ocsp-answer.ts';
import { revocationState } from '../../../../adapters/notation/revocation-state.ts';
import {
  type CertificateWish,
  type Certified,
  certify,
  rootName,
  signerName,
} from '../../../fixtures/notation/authority.ts';
import { hour, type OcspWish, ocspAnswer, ocspRefusal } from '../../../fixtures/notation/ocsp.ts';

let root: Certified;
let leaf: Certified;
let sibling: Certified;
let namesake: Certified;
beforeAll(async () => {
  root = await certify({ subject: rootName, ca: {} });
  namesake = await certify({ subject: rootName, ca: {} });
  leaf = await certify({ subject: signerName, issuer: root });
  sibling = await certify({ subject: 'CN=Sibling', issuer: root });
});

const read = ({ certificate }: Certified) => readCertificate(new Uint8Array(certificate.rawData));

function stateIn(bytes: Uint8Array, signedAt?: Date) {
  const times = { now: new Date(), signedAt };
  return revocationState(read(leaf), read(root), [readOcspAnswer({ source: 'ocsp', bytes })], times);
}
const stateOf = (wish: Partial<OcspWish>, signedAt?: Date) =>
  stateIn(ocspAnswer({ about: leaf, issuer: root, ...wish }), signedAt);

const delegate = (wish: Partial<CertificateWish> = {}) =>
  certify({ subject: 'CN=Responder', issuer: root, extendedKeyUsage: [extendedKeyUsages.ocspSigning], ...wish });

describe('an answer signed by the issuer', () => {
  it.each(['sha1', 'sha256'] as const)('clears or revokes the certificate it names by %s', (hash) => {
    expect(stateOf({ hash })).toEqual({ state: 'good' });
    expect(stateOf({ hash, state: 'revoked' })).toEqual({ state: 'revoked', by: 'ocsp' });
  });

  it('that does not know the certificate leaves it unknown', () => {
    expect(stateOf({ state: 'unknown' })).toMatchObject({ state: 'unknown', why: 'ocsp does not know it' });
  });

  it('about another certificate, or one of another authority, says nothing', () => {
    for (const wish of [{ about: sibling }, { issuer: namesake }])
      expect(stateOf(wish)).toMatchObject({ state: 'unknown', why: expect.stringContaining('nothing by its issuer') });
  });

  it('revokes whatever its age, and clears only in its time', () => {
    const old = { thisUpdate: hour(-9), nextUpdate: hour(-8) };
    expect(stateOf({ ...old, state: 'revoked' })).toMatchObject({ state: 'revoked' });
    expect(stateOf(old)).toMatchObject({ state: 'unknown', why: expect.stringContaining('followed by another one') });
    expect(stateOf({ nextUpdate: null })).toMatchObject({ state: 'unknown' });
    expect(stateOf({ thisUpdate: hour(2), nextUpdate: hour(3) })).toMatchObject({
      state: 'unknown',
      why: expect.stringContaining('still to come'),
    });
  });

  it('lets stand what was proven to be signed before the certificate became invalid', () => {
    const wish = { state: 'revoked', invalidSince: hour(-5) } as const;
    expect(stateOf(wish, hour(-6))).toEqual({ state: 'good' });
    expect(stateOf(wish, hour(-4))).toMatchObject({ state: 'revoked' });
    expect(stateOf(wish)).toMatchObject({ state: 'revoked' });
  });
});

describe('an answer signed by another', () => {
  it('counts where the issuer certified that one for it', async () => {
    const responder = await delegate();
    expect(stateOf({ by: responder, brings: [responder] })).toEqual({ state: 'good' });
    expect(stateOf({ by: responder, brings: [responder], state: 'revoked' })).toMatchObject({ state: 'revoked' });
  });

  it.each<readonly [string, () => Promise<Partial<CertificateWish>>]>([
    ['is certified for something else', async () => ({ extendedKeyUsage: [extendedKeyUsages.codeSigning] })],
    ['is certified for anything', async () => ({ extendedKeyUsage: [extendedKeyUsages.any] })],
    ['is no longer certified', async () => ({ notBefore: hour(-9), notAfter: hour(-8) })],
    ['is certified by a namesake', async () => ({ issuer: namesake })],
    [
      'is certified by one below',
      async () => ({ issuer: await certify({ subject: 'CN=Below', issuer: root, ca: {} }) }),
    ],
    [
      'has a critical extension nobody understands',
      async () => ({ extensions: [new x509.Extension('1.2.3.4', true, Buffer.of(5, 0))] }),
    ],
  ])('does not count where it %s', async (_why, wish) => {
    const responder = await delegate(await wish());
    for (const state of ['good', 'revoked'] as const)
      expect(stateOf({ by: responder, brings: [responder], state })).toMatchObject({
        state: 'unknown',
        why: expect.stringContaining('signed neither by its issuer'),
      });
  });

  it('does not count where the certificate of that one is not in it', async () => {
    expect(stateOf({ by: await delegate() })).toMatchObject({ state: 'unknown' });
  });
});

it('with any byte changed it is unreadable, unknown, or as it was', () => {
  const whole = ocspAnswer({ about: leaf, issuer: root, state: 'revoked' });
  for (let at = 0; at < whole.length; at += 1)
    for (const bit of [0x01, 0x80]) {
      const spoilt = Buffer.from(whole);
      spoilt[at] = (spoilt[at] ?? 0) ^ bit;
      try {
        expect(stateIn(spoilt), `byte ${at}`).toMatchObject({ state: 'unknown' });
      } catch (error) {
        expect(error, `byte ${at}`).toMatchObject({ code: 'REVOCATION_ANSWER_UNREADABLE' });
      }
    }
});

it.each<readonly [string, () => Uint8Array, RegExp]>([
  ['nothing', () => Buffer.alloc(0), /expected an answer/],
  ['text', () => Buffer.from('<html>'), /expected an answer/],
  ['a certificate', () => new Uint8Array(root.certificate.rawData), /expected an answer/],
  ['two answers', () => Buffer.concat([ocspRefusal(0), ocspRefusal(0)]), /expected an answer/],
  ['success without an answer', () => ocspRefusal(0), /expected an answer/],
  ['too much', () => Buffer.alloc(256 * 1024 + 1), /at most 262144/],
  ['a refusal for now', () => ocspRefusal(3), /no answer: try later/],
  ['a refusal for good', () => ocspRefusal(6), /no answer: it is not for us/],
  ['a status of its own', () => ocspRefusal(9), /no answer: status 9/],
])('%s in the place of an answer is an error that names the source', (_what, bytes, message) => {
  const error = expect.objectContaining({
    code: 'REVOCATION_ANSWER_UNREADABLE',
    message: expect.stringMatching(message),
  });
  expect(() => readOcspAnswer({ source: 'http://ocsp.example/', bytes: bytes() })).toThrow(error);
  expect(() => readOcspAnswer({ source: 'http://ocsp.example/', bytes: bytes() })).toThrow(/^http:\/\/ocsp\.example\//);
});

it('asks about one certificate, named by its issuer and number', () => {
  const request = ocspRequest(read(leaf), read(root)).toString('hex');
  expect(request).toContain(leaf.certificate.serialNumber);
  expect(request).toMatch(/^30..30..30..30..30..300d06096086480165030402010500/);
});
