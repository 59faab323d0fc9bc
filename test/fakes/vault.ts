/** The transit engine of a Vault, as its API documentation has it: keys, and signatures over digests. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';
import { signDigest } from './sign-digest.ts';

const keys: Readonly<Record<string, KeyObject>> = {
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  agreement: generateKeyPairSync('x25519').privateKey,
};

function publicKeyOf(key: KeyObject): string {
  const publicKey = createPublicKey(key);
  if (key.asymmetricKeyType !== 'ed25519') return publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
}

function answerSign(
  versions: readonly KeyObject[],
  hash: string | undefined,
  body: Record<string, unknown>,
): FakeAnswer {
  const key = versions[Number(body.key_version) - 1];
  if (key === undefined) return { status: 400, body: { errors: ['signing key not found'] } };
  const input = Buffer.from(String(body.input), 'base64');
  const isPure = key.asymmetricKeyType === 'ed25519';
  if (isPure === (body.prehashed === true)) return { status: 400, body: { errors: ['prehashed'] } };
  if (key.asymmetricKeyType === 'rsa' && body.signature_algorithm !== 'pkcs1v15') throw new Error('PSS is the default');
  const wantedHash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha2-384' : 'sha2-256';
  if (!isPure && hash !== wantedHash) throw new Error(`the hash of this key is ${wantedHash}`);
  if (key.asymmetricKeyType === 'ec' && body.marshaling_algorithm !== 'asn1') throw new Error('not DER');
  const signature = isPure ? sign(null, input, key) : signDigest(key, input);
  return {
    status: 200,
    body: { data: { signature: `vault:v${String(body.key_version)}:${signature.toString('base64')}` } },
  };
}

/** Below `prefix`. `name` "sealed" answers 503. `rotate` gives a key a version, which is the latest from then on. */
export async function startVault(token: string, prefix = '') {
  const kept = new Map(Object.entries(keys).map(([name, key]) => [name, [key]]));
  const server = await startHttpServer(({ method, path, headers, body }: FakeCall): FakeAnswer => {
    if (!path.startsWith(`${prefix}/v1/`)) return { status: 404, body: { errors: [] } };
    if (headers['x-vault-token'] !== token) return { status: 403, body: { errors: ['permission denied'] } };
    const [, name = '', hash] =
      /^\/v1\/transit\/(?:keys|sign)\/([^/]+)(?:\/(.+))?$/.exec(path.slice(prefix.length)) ?? [];
    if (name === 'sealed') return { status: 503, body: { errors: ['Vault is sealed'] } };
    const versions = kept.get(name) ?? [];
    if (method === 'POST') return answerSign(versions, hash, JSON.parse(body.toString()) as Record<string, unknown>);
    if (versions.length === 0) return { status: 404, body: { errors: [] } };
    const answer = Object.fromEntries(versions.map((key, at) => [at + 1, { public_key: publicKeyOf(key) }]));
    return { status: 200, body: { data: { latest_version: versions.length, keys: answer } } };
  });
  return {
    ...server,
    rotate: (name: string) => kept.get(name)?.push(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  };
}
