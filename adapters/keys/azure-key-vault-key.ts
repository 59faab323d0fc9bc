/** Azure Key Vault and its Managed HSM, by their REST API: https://learn.microsoft.com/en-us/rest/api/keyvault/keys */
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { digestFor, type SigningScheme } from '../sigstore/signing-scheme.ts';
import { openAzureCredentials } from './azure-credentials.ts';
import { ecdsaToDer } from './ecdsa-der.ts';
import { createHeldSigner } from './held-key.ts';
import type { KeyProvider } from './key-provider.ts';
import { addressOf, createKeyStoreClient, rootOf } from './key-store-client.ts';

const PREFIX = 'azurekms://';
/** Spoken in all of Azure's clouds; newer ones add nothing for signing. */
const API_VERSION = '7.4';

const key = {
  /** The address of one version. */
  kid: z.string().regex(/\/keys\/[^/?#]+\/[0-9A-Za-z]+$/),
  key_ops: z.array(z.string()).default([]),
};
/** RFC 7518, 6, with Azure's own kinds for keys in an HSM. */
const keySchema = z.object({
  key: z.discriminatedUnion('kty', [
    z.object({ ...key, kty: z.enum(['EC', 'EC-HSM']), crv: z.string(), x: z.string(), y: z.string() }),
    z.object({ ...key, kty: z.enum(['RSA', 'RSA-HSM']), n: z.string(), e: z.string() }),
  ]),
  attributes: z.object({ enabled: z.boolean().default(true) }).default({ enabled: true }),
});
const signatureSchema = z.object({ value: z.base64url().transform((text) => Buffer.from(text, 'base64url')) });
const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^[A-Za-z]{1,40}$/) }) });

interface Reference {
  readonly host: string;
  /** What vaults of this cloud have in common: tokens are for it. */
  readonly domain: string;
  readonly name: string;
  /** Empty: the latest. */
  readonly version: string;
}

/**
 * `azurekms://VAULT.vault.azure.net/KEY[/VERSION]`, as cosign has it; in other clouds, and in an HSM, the domain is another one
 * that begins with `vault` or `managedhsm`. A token goes to no host of another kind, whoever wrote the reference.
 */
function parseReference(reference: string): Reference {
  const match =
    /^([a-z0-9-]{1,63}\.((?:vault|managedhsm)(?:\.[a-z0-9-]+)+))\/([0-9a-z-]{1,127})(?:\/([0-9a-z]*))?$/i.exec(
      reference.slice(PREFIX.length),
    );
  const [, host, domain, name, version = ''] = match ?? [];
  if (host === undefined || domain === undefined || name === undefined)
    throw new KeyError(
      'KEY_MISSING',
      `${reference}: name a key, as ${PREFIX}VAULT.vault.azure.net/KEY or ${PREFIX}VAULT.vault.azure.net/KEY/VERSION`,
    );
  return { host: host.toLowerCase(), domain: domain.toLowerCase(), name, version };
}

/**
 * Credentials as Azure's own tools find them in the environment (AZURE_CLIENT_ID and others, a managed identity);
 * PRATIQUE_AZUREKMS_URL where the vault is reached elsewhere. RSA keys sign with PKCS #1 v1.5. What is sent is a digest.
 */
export const azureKeyVaultKey: KeyProvider = {
  prefix: PREFIX,
  async open(reference, { env }) {
    const parsed = parseReference(reference);
    const ask = openVault(reference, parsed, env);
    // The latest is the one without a name.
    const { key, attributes } = await ask('GET', `keys/${parsed.name}/${parsed.version}`, undefined, keySchema);
    if (!attributes.enabled)
      throw new KeyError('KEY_STORE_DENIED', `${reference}: this version of the key is disabled: enable it`);
    if (!key.key_ops.includes('sign'))
      throw new KeyError(
        'KEY_UNSUPPORTED',
        `${reference}: the key is for ${key.key_ops.join(', ') || 'nothing'}, and not for signing: allow it the operation sign`,
      );
    // Without a version in the reference another one may be the latest when it comes to signing.
    const version = key.kid.slice(key.kid.lastIndexOf('/') + 1);
    return createHeldSigner({
      source: reference,
      publicKey: 'n' in key ? { kty: 'RSA', n: key.n, e: key.e } : { kty: 'EC', crv: key.crv, x: key.x, y: key.y },
      sign: async (data, scheme) => {
        const asked = { alg: algorithmOf(scheme, reference), value: digestFor(scheme, data).toString('base64url') };
        const { value } = await ask('POST', `keys/${parsed.name}/${version}/sign`, asked, signatureSchema);
        return scheme.algorithm === 'ecdsa' ? ecdsaToDer(value) : value;
      },
    });
  },
};

/** RFC 7518, 3.1. */
function algorithmOf({ algorithm, hash }: SigningScheme, reference: string): string {
  if (algorithm === 'ecdsa') return hash === 'sha384' ? 'ES384' : 'ES256';
  if (algorithm === 'rsa-pkcs1') return 'RS256';
  throw new KeyError(
    'KEY_UNSUPPORTED',
    `${reference}: keys of Key Vault that sign here are ECDSA P-256, P-384 and RSA`,
  );
}

type Ask = <T>(method: 'GET' | 'POST', path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;

function openVault(
  reference: string,
  { host, domain }: Reference,
  env: Readonly<Record<string, string | undefined>>,
): Ask {
  const url = addressOf(reference, 'PRATIQUE_AZUREKMS_URL', env.PRATIQUE_AZUREKMS_URL, `https://${host}`);
  const token = openAzureCredentials(reference, domain, env);
  const client = createKeyStoreClient({
    reference,
    url,
    unexpected: "Key Vault's answer is none for a key that signs: look at the kind of the key",
    refusal: (status, answer) => toKeyError(reference, status, errorSchema.safeParse(answer).data?.error.code),
  });
  return async (method, path, body, schema) =>
    client(
      {
        method,
        url: `${rootOf(url)}/${path}?api-version=${API_VERSION}`,
        headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      schema,
    );
}

/** Its messages name applications and tenants: only its code is told. */
function toKeyError(reference: string, status: number, code = 'no reason given'): KeyError {
  const why = `(${status}, ${code})`;
  if (status === 404)
    return new KeyError('KEY_MISSING', `${reference}: Key Vault has no such key: look at its vault, name and version`);
  if (status === 429 || status >= 500)
    return new KeyError('KEY_STORE_UNAVAILABLE', `${reference}: Key Vault is out of order ${why}: try again later`);
  if (status === 400)
    return new KeyError(
      'KEY_UNSUPPORTED',
      `${reference}: Key Vault does not take what is asked of this key ${why}: look at its kind and its operations`,
    );
  return new KeyError(
    'KEY_STORE_DENIED',
    `${reference}: Key Vault refuses ${why}: look whether the credentials may get the key and sign with it, at its state, and at the vault's firewall`,
  );
}
