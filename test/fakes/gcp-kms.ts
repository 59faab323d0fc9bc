/** Google Cloud KMS as its REST reference has it: versions, public keys, signatures. Everything else is a mistake of the client's. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';
import { signDigest, signDigestPss } from './sign-digest.ts';

export const gcpKeyRing = 'projects/acme-prod/locations/europe-west1/keyRings/release';

interface Version {
  readonly key: KeyObject;
  readonly algorithm: string;
  readonly state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p256 = (state: Version['state']): Version => ({ key: ec('P-256'), algorithm: 'EC_SIGN_P256_SHA256', state });
const enabled = (key: KeyObject, algorithm: string): Version[] => [{ key, algorithm, state: 'ENABLED' }];

/** By name; versions count from 1. */
const keys: Readonly<Record<string, readonly Version[]>> = {
  p256: [...Array.from({ length: 10 }, () => p256('ENABLED')), p256('DISABLED'), p256('DESTROYED')],
  p384: enabled(ec('P-384'), 'EC_SIGN_P384_SHA384'),
  ed25519: enabled(generateKeyPairSync('ed25519').privateKey, 'EC_SIGN_ED25519'),
  rsa: enabled(rsa, 'RSA_SIGN_PKCS1_2048_SHA256'),
  pss: enabled(rsa, 'RSA_SIGN_PSS_2048_SHA256'),
  sha512: enabled(rsa, 'RSA_SIGN_PKCS1_4096_SHA512'),
  decrypt: enabled(rsa, 'RSA_DECRYPT_OAEP_2048_SHA256'),
  disabled: [p256('DISABLED')],
  // Of these something else arrives than was sent.
  'garbled-pem': [p256('ENABLED')],
  'garbled-digest': [p256('ENABLED')],
  'garbled-signature': [p256('ENABLED')],
  broken: [p256('ENABLED')],
};

/** CRC-32C a bit at a time; `crc32` of zlib has another polynomial, and would do for nobody. */
function castagnoli(bytes: Uint8Array): string {
  let rest = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit += 1)
      rest = ((rest ^ (byte >> bit)) & 1) === 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return String((rest ^ 0xffffffff) >>> 0);
}

const refuse = (code: number, status: string): FakeAnswer => ({
  status: code,
  body: { error: { code, status, message: `${status} for secret-person@acme.example` } },
});

function answerSign({ key, algorithm }: Version, name: string, body: Record<string, unknown>): FakeAnswer {
  const field = algorithm === 'EC_SIGN_ED25519' ? 'data' : 'digest';
  const hash = algorithm.endsWith('SHA384') ? 'sha384' : 'sha256';
  if (Object.keys(body).sort().join() !== `${field},${field}Crc32c`) return refuse(400, 'INVALID_ARGUMENT');
  const text = field === 'data' ? body.data : (body.digest as Record<string, unknown>)[hash];
  const bytes = Buffer.from(String(text), 'base64');
  if (field === 'digest' && bytes.length !== (hash === 'sha384' ? 48 : 32)) return refuse(400, 'INVALID_ARGUMENT');
  if (body[`${field}Crc32c`] !== castagnoli(bytes)) return refuse(400, 'INVALID_ARGUMENT');
  const signature = algorithm.startsWith('RSA_SIGN_PSS')
    ? signDigestPss(key, bytes)
    : field === 'data'
      ? sign(null, bytes, key)
      : signDigest(key, bytes);
  return {
    status: 200,
    body: {
      name,
      signature: signature.toString('base64'),
      signatureCrc32c: name.includes('/garbled-signature/') ? String(crc32(signature)) : castagnoli(signature),
      ...(field === 'data'
        ? { verifiedDataCrc32c: true }
        : { verifiedDigestCrc32c: !name.includes('/garbled-digest/') }),
      protectionLevel: 'HSM',
    },
  };
}

function answer({ method, path, headers, body }: FakeCall, token: string, project: string | undefined): FakeAnswer {
  if (headers.authorization !== `Bearer ${token}`) return refuse(401, 'UNAUTHENTICATED');
  if (headers['x-goog-user-project'] !== project) return refuse(403, 'USER_PROJECT_DENIED');
  const url = new URL(path, 'http://kms');
  const [, key = '', rest = ''] =
    /^\/v1\/projects\/acme-prod\/locations\/europe-west1\/keyRings\/release\/cryptoKeys\/([^/]+)\/cryptoKeyVersions(.*)$/.exec(
      url.pathname,
    ) ?? [];
  if (key === 'broken') return refuse(503, 'UNAVAILABLE');
  const parent = `${gcpKeyRing}/cryptoKeys/${key}/cryptoKeyVersions`;
  if (method === 'GET' && rest === '') {
    if (url.searchParams.get('filter') !== 'state=ENABLED') return refuse(400, 'INVALID_ARGUMENT');
    if (key === 'many') return { status: 200, body: { nextPageToken: 'more' } };
    const listed = keys[key]?.map(({ state, algorithm }, at) => ({ name: `${parent}/${at + 1}`, state, algorithm }));
    if (listed === undefined) return refuse(404, 'NOT_FOUND');
    const found = listed.filter(({ state }) => state === 'ENABLED');
    // Sorted as text, 9 comes before 10.
    return {
      status: 200,
      body: {
        ...(found.length === 0 ? {} : { cryptoKeyVersions: found.toSorted((a, b) => (a.name < b.name ? 1 : -1)) }),
        totalSize: found.length,
      },
    };
  }
  const [, number = '', act] = /^\/(\d+)(\/publicKey|:asymmetricSign)$/.exec(rest) ?? [];
  const version = keys[key]?.[Number(number) - 1];
  if (version === undefined || act === undefined) return refuse(404, 'NOT_FOUND');
  if (version.state !== 'ENABLED') return refuse(400, 'FAILED_PRECONDITION');
  const name = `${parent}/${number}`;
  if (act === ':asymmetricSign' && method === 'POST')
    return answerSign(version, name, JSON.parse(body.toString()) as Record<string, unknown>);
  if (act !== '/publicKey' || method !== 'GET') return refuse(404, 'NOT_FOUND');
  const pem = createPublicKey(version.key).export({ format: 'pem', type: 'spki' }).toString();
  const { algorithm } = version;
  const pemCrc32c = castagnoli(Buffer.from(key === 'garbled-pem' ? `${pem}\n` : pem));
  return { status: 200, body: { name, pem, algorithm, pemCrc32c, protectionLevel: 'HSM' } };
}

/** `project` is the one that calls have to be charged to. */
export function startGcpKms(token: string, project?: string) {
  return startHttpServer((call) => answer(call, token, project));
}
