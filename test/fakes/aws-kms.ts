/** GetPublicKey and Sign of AWS KMS, as its API reference has them (JSON 1.1, X-Amz-Target: TrentService.*). */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';
import { signDigest } from './sign-digest.ts';

interface KmsKey {
  readonly key: KeyObject;
  readonly usage: 'SIGN_VERIFY' | 'KEY_AGREEMENT';
  readonly algorithm: string;
}

const keys: Readonly<Record<string, KmsKey>> = {
  'alias/p256': {
    key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    usage: 'SIGN_VERIFY',
    algorithm: 'ECDSA_SHA_256',
  },
  'alias/p384': {
    key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    usage: 'SIGN_VERIFY',
    algorithm: 'ECDSA_SHA_384',
  },
  'alias/rsa': {
    key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    usage: 'SIGN_VERIFY',
    algorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
  },
  'alias/agree': {
    key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    usage: 'KEY_AGREEMENT',
    algorithm: '',
  },
};

const refuse = (status: number, type: string): FakeAnswer => ({
  status,
  body: { __type: type, message: `${type} for arn:aws:iam::123456789012:user/secret-person` },
});

function answer({ headers, body }: FakeCall, accessKey: string): FakeAnswer {
  if (!(headers.authorization ?? '').includes(`Credential=${accessKey}/`))
    return refuse(400, 'UnrecognizedClientException');
  const asked = JSON.parse(body.toString()) as Record<string, string>;
  const found = keys[asked.KeyId ?? ''];
  if (asked.KeyId === 'alias/broken') return refuse(500, 'KMSInternalException');
  if (found === undefined) return refuse(400, 'NotFoundException');
  if (headers['x-amz-target'] === 'TrentService.GetPublicKey') {
    const der = createPublicKey(found.key).export({ format: 'der', type: 'spki' });
    return { status: 200, body: { KeyId: asked.KeyId, PublicKey: der.toString('base64'), KeyUsage: found.usage } };
  }
  if (asked.MessageType !== 'DIGEST' || asked.SigningAlgorithm !== found.algorithm)
    return refuse(400, 'InvalidKeyUsageException');
  const signature = signDigest(found.key, Buffer.from(asked.Message ?? '', 'base64'));
  return { status: 200, body: { KeyId: asked.KeyId, Signature: signature.toString('base64') } };
}

export function startAwsKms(accessKey: string) {
  return startHttpServer((call) => ({
    ...answer(call, accessKey),
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  }));
}
