/** Makes the tokens a CNCF distribution registry (2.8 and 3.x) takes: its "Token Authentication Implementation", RFC 7519. */
import { createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { RegistryScope } from '../../domain/identity/registry-scope.ts';

export interface RegistryTokenIssuerOptions {
  /** PEM, PKCS #8: an ECDSA key on P-256 that signs nothing else. */
  readonly keyPem: string;
  /** PEM: the key's own certificate, which is the registry's `rootcertbundle`. */
  readonly certificatePem: string;
  /** `auth.token.issuer` of the registry. */
  readonly issuer: string;
  /** `auth.token.service` of the registry. */
  readonly service: string;
}

export interface RegistryToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly issuedAt: Date;
}

export interface RegistryTokenIssuer {
  readonly service: string;
  /** `access` is what the token allows, already decided. */
  issue(subject: string, access: readonly RegistryScope[], now: Date): RegistryToken;
}

/** A revoked API token reaches the registry for so long at most. */
const LIFE_SECONDS = 300;
/** A registry whose clock is behind ours takes the token all the same (it allows a minute itself). */
const LEEWAY_SECONDS = 60;

/** Throws a TypeError where key and certificate are no pair, or the key is none for ES256. */
export function createRegistryTokenIssuer(options: RegistryTokenIssuerOptions): RegistryTokenIssuer {
  const key = createPrivateKey(options.keyPem);
  const certificate = new X509Certificate(options.certificatePem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new TypeError('the key of registry tokens is not an ECDSA key on P-256');
  if (!isPair(key, certificate)) throw new TypeError('the certificate of registry tokens is not of their key');
  // `x5c` is what every version of the registry reads alike: `kid` is another hash in 3.x than in 2.8.
  const header = encode({ typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] });
  return {
    service: options.service,
    issue(subject, access, now) {
      const seconds = Math.floor(now.getTime() / 1000);
      const claims = encode({
        iss: options.issuer,
        sub: subject,
        aud: options.service,
        exp: seconds + LIFE_SECONDS,
        nbf: seconds - LEEWAY_SECONDS,
        iat: seconds,
        jti: randomUUID(),
        access,
      });
      const signed = `${header}.${claims}`;
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
      return { token: `${signed}.${signature.toString('base64url')}`, expiresIn: LIFE_SECONDS, issuedAt: now };
    },
  };
}

function isPair(key: KeyObject, certificate: X509Certificate): boolean {
  return createPublicKey(key).equals(certificate.publicKey);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
