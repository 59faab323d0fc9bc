/** Lists of revoked certificates: whose they are, whether they count, and what they say. */
import { beforeAll, describe, expect, it } from 'vitest';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { jws, subject } from '../../../fixtures/notation/envelopes.ts';
import { type RevocationListWish, revocationList, strictPolicy } from '../../../fixtures/notation/revocation-list.ts';

const now = new Date();
const later = (days: number) => new Date(now.getTime() + days * 86_400_000);
const signsLists = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

let root: Certified;
let leaf: Certified;
let namesake: Certified;
let noLists: Certified;
beforeAll(async () => {
  root = await certify({ subject: rootName, ca: {}, keyUsage: signsLists });
  namesake = await certify({ subject: rootName, ca: {}, keyUsage: signsLists });
  noLists = await certify({ subject: rootName, ca: {} });
  leaf = await certifyLeaf(root);
});

const certifyLeaf = (issuer: Certified) =>
  certify({
    ...{ subject: signerName, issuer },
    extensions: [new x509.CRLDistributionPointsExtension(['http://crl.example/1.crl'])],
  });

type Wish = Partial<RevocationListWish>;
const list = (wish: Wish = {}): Promise<Uint8Array> => revocationList({ by: root, ...wish });

function verify(lists: readonly Uint8Array[], certified = leaf, authority = root) {
  const trust = {
    policy: strictPolicy,
    stores: { ca: [pemOf(authority)], signingAuthority: [], tsa: undefined },
    revocation: { lists: lists.map((bytes, index) => ({ source: `${index}.crl`, bytes })), answers: [] },
  };
  const result = createNotationVerifier().verify(jws({ chain: [certified, authority] }), subject, trust, now);
  return result.outcome === 'verified' ? 'verified' : `${result.code}: ${result.reason}`;
}

describe('a list by the issuer', () => {
  it('that does not have the certificate clears it; one that has it revokes it', async () => {
    expect(verify([await list()])).toBe('verified');
    expect(verify([await list({ revoked: [namesake] })])).toBe('verified');
    expect(verify([await list({ revoked: [leaf] })])).toMatch(/^CERTIFICATE_REVOKED: .*CN=Shop.* as 0\.crl says/);
  });

  it('is read as PEM as well', async () => {
    const body = Buffer.from(await list({ revoked: [leaf] })).toString('base64');
    const pem = `-----BEGIN X509 CRL-----\n${body}\n-----END X509 CRL-----\n`;
    expect(verify([Buffer.from(pem)])).toMatch(/^CERTIFICATE_REVOKED/);
  });

  it('that is old still revokes, beside a newer one that does not', async () => {
    const old = await list({ revoked: [leaf], thisUpdate: later(-9), nextUpdate: later(-8) });
    expect(verify([await list(), old])).toMatch(/^CERTIFICATE_REVOKED/);
  });

  it('revokes what names no list, too', async () => {
    const plain = await certify({ subject: signerName, issuer: root });
    expect(verify([], plain)).toBe('verified');
    expect(verify([await list({ revoked: [plain] })], plain)).toMatch(/^CERTIFICATE_REVOKED/);
  });
});

describe('what does not count leaves it unknown', () => {
  it.each<readonly [string, Wish, RegExp]>([
    ['overtaken', { thisUpdate: later(-3), nextUpdate: later(-2) }, /was to be followed by another one/],
    ['from the future', { thisUpdate: later(1), nextUpdate: later(2) }, /still to come/],
    [
      'a part of one',
      { extensions: [new x509.Extension('2.5.29.27', true, Buffer.from([2, 1, 1]))] },
      /part of a list, or not understood/,
    ],
  ])('%s', async (_what, wish, reason) => {
    const said = verify([await list(wish)]);
    expect(said).toMatch(/^REVOCATION_UNKNOWN/);
    expect(said).toMatch(reason);
  });

  it('by a namesake with another key, by one that may sign no lists, none at all', async () => {
    expect(verify([])).toMatch(/^REVOCATION_UNKNOWN: .*and nothing by its issuer says so/);
    expect(verify([await list({ by: namesake })])).toMatch(/^REVOCATION_UNKNOWN/);
    expect(verify([await list({ by: namesake, revoked: [leaf] })])).toMatch(/^REVOCATION_UNKNOWN/);
    const below = await certifyLeaf(noLists);
    expect(verify([await list({ by: noLists })], below, noLists)).toMatch(/^REVOCATION_UNKNOWN/);
  });

  it('with any byte changed it is refused, unreadable, or says no more than before', async () => {
    const whole = await list();
    const revoking = await list({ revoked: [leaf] });
    for (let at = 0; at < revoking.length; at += 1) {
      const spoilt = revoking.slice();
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x01;
      let said: string;
      try {
        said = verify([spoilt]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REVOCATION_LIST_UNREADABLE' });
        continue;
      }
      expect(said, `byte ${at}`).toMatch(/^REVOCATION_UNKNOWN/);
    }
    expect(verify([whole])).toBe('verified');
  });
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('a list')],
  ['a certificate', 'certificate'],
  ['too much', Buffer.alloc(8 * 1024 * 1024 + 1)],
])('%s in the place of a list is an error that names it', (_what, bytes) => {
  const given = typeof bytes === 'string' ? Buffer.from(root.certificate.rawData) : bytes;
  expect(() => verify([given])).toThrow(
    expect.objectContaining({ code: 'REVOCATION_LIST_UNREADABLE', message: expect.stringMatching(/^0\.crl: /) }),
  );
});
