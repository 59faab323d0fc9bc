/** HashiCorp Vault's (and OpenBao's) transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit */
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { digestFor, type SigningScheme } from '../sigstore/signing-scheme.ts';
import { createHeldSigner } from './held-key.ts';
import type { KeyProvider } from './key-provider.ts';
import { createKeyStoreClient, rootOf } from './key-store-client.ts';

const PREFIX = 'hashivault://';

const keySchema = z.object({
  data: z.object({
    latest_version: z.int().min(1),
    keys: z.record(z.string(), z.object({ public_key: z.string().min(1) })),
  }),
});
const signatureSchema = z.object({ data: z.object({ signature: z.string().regex(/^vault:v\d+:[A-Za-z0-9+/=]+$/) }) });

/** A name, and a version after it where not the latest is wanted: `hashivault://release`, `hashivault://release/3`. */
function parseReference(reference: string): { name: string; version: number | undefined } {
  const match = /^([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:\/([1-9]\d*))?$/.exec(reference.slice(PREFIX.length));
  if (match?.[1] === undefined)
    throw new KeyError('KEY_MISSING', `${reference}: name a transit key, as ${PREFIX}name or ${PREFIX}name/version`);
  return { name: match[1], version: match[2] === undefined ? undefined : Number(match[2]) };
}

/**
 * `hashivault://name`, as cosign has it. VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, and TRANSIT_SECRET_ENGINE_PATH ("transit").
 * RSA keys sign with PKCS #1 v1.5. Ed25519 keys of Vault get the data itself, others its digest.
 */
export const vaultKey: KeyProvider = {
  prefix: PREFIX,
  async open(reference, { env }) {
    const { name, version } = parseReference(reference);
    const call = openVault(reference, env);
    const { data } = await call('GET', `keys/${name}`, undefined, keySchema);
    const wanted = version ?? data.latest_version;
    const publicKey = data.keys[wanted]?.public_key;
    if (publicKey === undefined)
      throw new KeyError('KEY_MISSING', `${reference}: Vault has no version ${wanted} of this key`);
    return createHeldSigner({
      source: reference,
      publicKey: toPem(publicKey),
      sign: async (bytes, scheme) => {
        const answer = await call(
          'POST',
          `sign/${name}${pathOf(scheme)}`,
          requestOf(bytes, scheme, wanted),
          signatureSchema,
        );
        return Buffer.from(answer.data.signature.split(':')[2] ?? '', 'base64');
      },
    });
  },
};

function pathOf({ hash }: SigningScheme): string {
  return hash === null ? '' : `/sha2-${hash.slice(3)}`;
}

function requestOf(data: Uint8Array, scheme: SigningScheme, version: number): Record<string, unknown> {
  return {
    input: digestFor(scheme, data).toString('base64'),
    key_version: version,
    ...(scheme.hash === null ? {} : { prehashed: true }),
    ...(scheme.algorithm === 'ecdsa' ? { marshaling_algorithm: 'asn1' } : {}),
    ...(scheme.algorithm === 'rsa-pkcs1' ? { signature_algorithm: 'pkcs1v15' } : {}),
  };
}

/** Vault gives Ed25519 keys as the 32 bytes in base64, others as PEM. */
function toPem(publicKey: string): string {
  if (publicKey.startsWith('-----')) return publicKey;
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKey, 'base64')]);
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

type Call = <T>(method: 'GET' | 'POST', path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;

function openVault(reference: string, env: Readonly<Record<string, string | undefined>>): Call {
  const address = env.VAULT_ADDR;
  const token = env.VAULT_TOKEN;
  if (address === undefined || token === undefined || !URL.canParse(address))
    throw new KeyError('KEY_STORE_DENIED', `${reference}: say where Vault is in VAULT_ADDR, and give a VAULT_TOKEN`);
  const url = new URL(address);
  const engine = (env.TRANSIT_SECRET_ENGINE_PATH ?? 'transit').replace(/^\/+|\/+$/g, '');
  const client = createKeyStoreClient({
    reference,
    url,
    plainHttp: url.protocol === 'http:',
    unexpected: "Vault's answer is none of the transit engine for a signing key",
    refusal: (status) => toKeyError(reference, status),
  });
  const headers = {
    'x-vault-token': token,
    'x-vault-request': 'true',
    'content-type': 'application/json',
    ...(env.VAULT_NAMESPACE === undefined ? {} : { 'x-vault-namespace': env.VAULT_NAMESPACE }),
  };
  return (method, path, body, schema) =>
    client(
      {
        method,
        url: `${rootOf(url)}/v1/${engine}/${path}`,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      schema,
    );
}

function toKeyError(reference: string, status: number): KeyError {
  if (status === 404)
    return new KeyError(
      'KEY_MISSING',
      `${reference}: Vault has no such transit key: look at its name, VAULT_NAMESPACE and TRANSIT_SECRET_ENGINE_PATH`,
    );
  if (status === 429 || status >= 500)
    return new KeyError(
      'KEY_STORE_UNAVAILABLE',
      `${reference}: Vault is sealed or out of order (${status}): try again later`,
    );
  return new KeyError('KEY_STORE_DENIED', `${reference}: Vault refuses (${status}): look at the token's policy`);
}
