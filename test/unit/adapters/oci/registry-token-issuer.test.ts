import { generateKeyPairSync, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRegistryTokenIssuer } from '../../../../adapters/oci/registry-token-issuer.ts';
import { selfSignedCertificate } from '../../../../infra/dev/self-signed-certificate.ts';

const pair = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }));
const now = new Date('2031-05-06T07:08:09Z');
const certify = (key: KeyObject, notAfter = new Date('2049-12-31T23:59:59Z')) =>
  selfSignedCertificate({ key, commonName: 'registry tokens', notBefore: now, notAfter });
const names = { issuer: 'pratique', service: 'the-registry' };

test.each([
  ['two digits of the year', new Date('2049-12-31T23:59:59Z'), 'Dec 31 23:59:59 2049 GMT'],
  ['four digits of the year', new Date('2050-01-01T00:00:00Z'), 'Jan  1 00:00:00 2050 GMT'],
])('a certificate that is its own issuer, with %s', (_, notAfter, validTo) => {
  const { privateKey, publicKey } = pair();
  const certificate = new X509Certificate(certify(privateKey, notAfter));
  expect(certificate.verify(publicKey)).toBe(true);
  expect(certificate.subject).toBe('CN=registry tokens');
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.validFrom).toBe('May  6 07:08:09 2031 GMT');
  expect(certificate.validTo).toBe(validTo);
});

test('a token says who, what and how long, and its signature verifies with the certificate it carries', () => {
  const { privateKey } = pair();
  const issuer = createRegistryTokenIssuer({ keyPem: pem(privateKey), certificatePem: certify(privateKey), ...names });
  const access = [{ type: 'repository', name: 'shop/web', actions: ['pull'] as const }];
  const { token, expiresIn } = issuer.issue('alice', access, now);
  const [header = '', claims = '', signature = ''] = token.split('.');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const { x5c, ...rest } = decode(header);
  expect(rest).toEqual({ typ: 'JWT', alg: 'ES256' });
  const key = new X509Certificate(Buffer.from(x5c[0], 'base64')).publicKey;
  const signed = Buffer.from(`${header}.${claims}`);
  expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))).toBe(true);
  const seconds = now.getTime() / 1000;
  expect(decode(claims)).toEqual({
    iss: 'pratique',
    sub: 'alice',
    aud: 'the-registry',
    iat: seconds,
    nbf: seconds - 60,
    exp: seconds + expiresIn,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    access,
  });
});

test('a key of another kind, or the certificate of another key, is refused', () => {
  const { privateKey } = pair();
  const other = pair().privateKey;
  expect(() =>
    createRegistryTokenIssuer({ keyPem: pem(privateKey), certificatePem: certify(other), ...names }),
  ).toThrow(/not of their key/);
  const large = pair('P-384').privateKey;
  expect(() => createRegistryTokenIssuer({ keyPem: pem(large), certificatePem: certify(large), ...names })).toThrow(
    /P-256/,
  );
});
