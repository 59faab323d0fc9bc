/** AWS Key Management Service, by its own SDK: an optional dependency, loaded when such a key is named. */
import { KeyError } from '../sigstore/key-error.ts';
import { digestFor, type SigningScheme } from '../sigstore/signing-scheme.ts';
import { createHeldSigner } from './held-key.ts';
import type { KeyProvider } from './key-provider.ts';

const PREFIX = 'awskms://';

/** `awskms://[endpoint]/<key id, alias/name or arn>`, as cosign has it; the endpoint for stand-ins, empty for AWS itself. */
function parseReference(reference: string): { endpoint: string | undefined; keyId: string } {
  const match = /^([A-Za-z0-9.:_-]*)\/((?:alias\/|arn:aws[a-z-]*:kms:)?[A-Za-z0-9:/_-]+)$/.exec(
    reference.slice(PREFIX.length),
  );
  if (match?.[2] === undefined)
    throw new KeyError('KEY_MISSING', `${reference}: name a key, as ${PREFIX}/alias/name or ${PREFIX}/<key id or ARN>`);
  return { endpoint: match[1] === '' ? undefined : match[1], keyId: match[2] };
}

/**
 * Region and credentials as every AWS tool finds them (AWS_REGION, AWS_PROFILE, a role). ECDSA and RSA keys of usage SIGN_VERIFY;
 * RSA signs with PKCS #1 v1.5. What is sent is a digest.
 */
export const awsKmsKey: KeyProvider = {
  prefix: PREFIX,
  async open(reference, { env }) {
    const { endpoint, keyId } = parseReference(reference);
    const { KMSClient, GetPublicKeyCommand, SignCommand } = await loadClient(reference);
    const client = new KMSClient({
      ...(endpoint === undefined ? {} : { endpoint: `${isLoopback(endpoint) ? 'http' : 'https'}://${endpoint}` }),
      ...(regionOf(keyId, env) === undefined ? {} : { region: regionOf(keyId, env) as string }),
    });
    const { PublicKey: publicKey, KeyUsage: usage } = await ask(reference, () =>
      client.send(new GetPublicKeyCommand({ KeyId: keyId })),
    );
    if (publicKey === undefined || usage !== 'SIGN_VERIFY')
      throw new KeyError(
        'KEY_UNSUPPORTED',
        `${reference}: the key is for ${usage ?? 'nothing'}, and not for signing: make one with the usage SIGN_VERIFY`,
      );
    return createHeldSigner({
      source: reference,
      publicKey,
      sign: async (data, scheme) => {
        const { Signature: signature } = await ask(reference, () =>
          client.send(
            new SignCommand({
              KeyId: keyId,
              Message: digestFor(scheme, data),
              MessageType: 'DIGEST',
              SigningAlgorithm: algorithmOf(scheme, reference),
            }),
          ),
        );
        return signature ?? new Uint8Array();
      },
    });
  },
};

/** An ARN names its region. */
function regionOf(keyId: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  return keyId.startsWith('arn:') ? keyId.split(':')[3] : (env.AWS_REGION ?? env.AWS_DEFAULT_REGION);
}

function isLoopback(endpoint: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|localhost)(?::\d+)?$/.test(endpoint);
}

function algorithmOf({ algorithm, hash }: SigningScheme, reference: string) {
  if (algorithm === 'ecdsa') return hash === 'sha384' ? 'ECDSA_SHA_384' : 'ECDSA_SHA_256';
  if (algorithm === 'rsa-pkcs1') return 'RSASSA_PKCS1_V1_5_SHA_256';
  throw new KeyError('KEY_UNSUPPORTED', `${reference}: keys of AWS KMS that sign here are ECDSA P-256, P-384 and RSA`);
}

async function loadClient(reference: string) {
  try {
    return await import('@aws-sdk/client-kms');
  } catch (cause) {
    throw new KeyError('KEY_STORE_UNAVAILABLE', `${reference}: install AWS's client: npm install @aws-sdk/client-kms`, {
      cause,
    });
  }
}

/** The SDK retries what may pass. Its messages name ARNs and principals: they stay in the cause. */
async function ask<T>(reference: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'NotFoundException')
      throw new KeyError(
        'KEY_MISSING',
        `${reference}: KMS has no such key: look at its id or alias, and at the region and account that are asked`,
        { cause },
      );
    if (
      /^(?:AccessDenied|Credentials|ExpiredToken|InvalidSignature|UnrecognizedClient|Disabled|KMSInvalidState)/.test(
        name,
      )
    )
      throw new KeyError(
        'KEY_STORE_DENIED',
        `${reference}: KMS refuses (${name}): look at the credentials, the key's policy and its state`,
        { cause },
      );
    // The SDK has no name for it, and asks nobody.
    if (cause instanceof Error && cause.message.startsWith('Region is missing'))
      throw new KeyError(
        'KEY_STORE_DENIED',
        `${reference}: say which region KMS is asked in: AWS_REGION, the profile of AWS_PROFILE, or the ARN of the key`,
        { cause },
      );
    throw new KeyError(
      'KEY_STORE_UNAVAILABLE',
      `${reference}: KMS did not answer (${name || 'no reason given'}): try again later`,
      {
        cause,
      },
    );
  }
}
