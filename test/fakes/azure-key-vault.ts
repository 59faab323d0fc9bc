/** Get Key and Sign of Azure Key Vault, as its REST reference has them (api-version 7.4). */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';
import { signDigest } from './sign-digest.ts';

interface VaultKey {
  readonly key: KeyObject;
  readonly kty: string;
  readonly algorithm: string;
  readonly operations?: readonly string[];
  readonly enabled?: false;
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const keys: Readonly<Record<string, VaultKey>> = {
  p256: { key: ec('P-256'), kty: 'EC', algorithm: 'ES256' },
  'p384-hsm': { key: ec('P-384'), kty: 'EC-HSM', algorithm: 'ES384' },
  rsa: { key: generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey, kty: 'RSA-HSM', algorithm: 'RS256' },
  p521: { key: ec('P-521'), kty: 'EC', algorithm: 'ES512' },
  secp256k1: { key: ec('secp256k1'), kty: 'EC', algorithm: 'ES256K' },
  wrapping: { key: ec('P-256'), kty: 'EC', algorithm: '', operations: ['wrapKey', 'unwrapKey'] },
  disabled: { key: ec('P-256'), kty: 'EC', algorithm: 'ES256', enabled: false },
  forbidden: { key: ec('P-256'), kty: 'EC', algorithm: 'ES256' },
};
/** The only one there is. */
const VERSION = '9885aa558e8d448789683188f8c194b0';

const refuse = (status: number, code: string): FakeAnswer => ({
  status,
  body: { error: { code, message: `${code} for appid=secret-person;oid=secret-person` } },
});

function answer({ method, path, headers, body }: FakeCall, token: string): FakeAnswer {
  if (headers.authorization !== `Bearer ${token}`) return refuse(401, 'Unauthorized');
  const url = new URL(path, 'http://vault');
  if (url.search !== '?api-version=7.4') return refuse(400, 'BadParameter');
  const [, name = '', version = '', act] = /^\/keys\/([^/]+)\/([^/]*)(\/sign)?$/.exec(url.pathname) ?? [];
  if (name === 'broken') return refuse(503, 'ServiceUnavailable');
  if (name === 'symmetric')
    return { status: 200, body: { key: { kid: `https://v/keys/${name}/${VERSION}`, kty: 'oct-HSM' } } };
  const found = keys[name];
  if (found === undefined || (version !== '' && version !== VERSION)) return refuse(404, 'KeyNotFound');
  const { key, kty, algorithm, operations = ['sign', 'verify'], enabled = true } = found;
  const kid = `https://release.vault.azure.net/keys/${name}/${VERSION}`;
  if (method === 'GET' && act === undefined) {
    const { kty: _, crv, ...jwk } = createPublicKey(key).export({ format: 'jwk' });
    const curve = crv === undefined ? {} : { crv: crv === 'secp256k1' ? 'P-256K' : crv };
    return {
      status: 200,
      body: { key: { kid, kty, key_ops: operations, ...curve, ...jwk }, attributes: { enabled, exportable: false } },
    };
  }
  // A version is asked for, even where the latest was.
  if (method !== 'POST' || act === undefined || version === '') return refuse(404, 'NotFound');
  if (name === 'forbidden') return refuse(403, 'Forbidden');
  const { alg, value } = JSON.parse(body.toString()) as Record<string, string>;
  const digest = Buffer.from(value ?? '', 'base64url');
  if (alg !== algorithm || digest.length !== (alg === 'ES384' ? 48 : 32) || digest.toString('base64url') !== value)
    return refuse(400, 'BadParameter');
  return { status: 200, body: { kid, value: signDigest(key, digest, 'compact').toString('base64url') } };
}

export function startAzureKeyVault(token: string) {
  return startHttpServer((call) => answer(call, token));
}
