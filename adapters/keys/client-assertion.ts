import { type KeyObject, sign } from 'node:crypto';
import { withPadding } from '../sigstore/signing-scheme.ts';

/** A JWT (RFC 7519, RFC 7523) with which whoever holds an RSA key says for `seconds` who they are. */
export function signAssertion(
  header: Readonly<Record<string, unknown>> & { readonly alg: 'RS256' | 'PS256' },
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject,
  seconds: number,
): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'JWT', ...header })}.${part({ ...claims, iat: now, exp: now + seconds })}`;
  const padded = withPadding(key, { algorithm: header.alg === 'PS256' ? 'rsa-pss' : 'rsa-pkcs1', hash: 'sha256' });
  return `${signed}.${sign('sha256', Buffer.from(signed), padded).toString('base64url')}`;
}
