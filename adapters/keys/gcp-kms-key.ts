/** Google Cloud KMS, by its REST API: https://cloud.google.com/kms/docs/reference/rest */
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { digestFor, type SigningScheme } from '../sigstore/signing-scheme.ts';
import { crc32c } from './crc32c.ts';
import { openGoogleCredentials } from './google-credentials.ts';
import { createHeldSigner } from './held-key.ts';
import type { KeyProvider } from './key-provider.ts';
import { addressOf, createKeyStoreClient, rootOf } from './key-store-client.ts';

const PREFIX = 'gcpkms://';
const FORM = `${PREFIX}projects/P/locations/L/keyRings/R/cryptoKeys/K`;
/** Of those that can be in one answer. */
const VERSIONS = 1000;

/** The API has 64-bit numbers as text. */
const checksum = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number);
const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const versionsSchema = z.object({
  cryptoKeyVersions: z.array(z.object({ name: z.string(), state: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});
const publicKeySchema = z.object({ pem: z.string().min(1), algorithm: z.string(), pemCrc32c: checksum });
const signatureSchema = z.object({
  signature: base64,
  signatureCrc32c: checksum,
  verifiedDigestCrc32c: z.boolean().default(false),
  verifiedDataCrc32c: z.boolean().default(false),
});
const errorSchema = z.object({ error: z.object({ status: z.string().regex(/^[A-Z_]{1,40}$/) }) });

/** As cosign has it: a key, and `/cryptoKeyVersions/V` or `/versions/V` after it where not the newest is wanted. */
function parseReference(reference: string): { key: string; version: string | undefined } {
  const match =
    /^(projects\/[a-z0-9.:-]+\/locations\/[a-z0-9-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+)(?:\/(?:cryptoKeyVersions|versions)\/([1-9]\d*))?$/.exec(
      reference.slice(PREFIX.length),
    );
  if (match?.[1] === undefined)
    throw new KeyError('KEY_MISSING', `${reference}: name a key, as ${FORM} or ${FORM}/cryptoKeyVersions/1`);
  return { key: match[1], version: match[2] };
}

/**
 * Credentials as every Google tool finds them (GOOGLE_APPLICATION_CREDENTIALS, a metadata server); PRATIQUE_GCPKMS_URL where the
 * API is elsewhere. Ed25519 keys get the data itself, others its digest; RSA keys sign as they were made to.
 */
export const gcpKmsKey: KeyProvider = {
  prefix: PREFIX,
  async open(reference, { env }) {
    const { key, version } = parseReference(reference);
    const ask = await openKms(reference, env);
    const name = version === undefined ? await findNewest(reference, key, ask) : `${key}/cryptoKeyVersions/${version}`;
    const { pem, algorithm, pemCrc32c } = await ask('GET', `${name}/publicKey`, undefined, publicKeySchema);
    if (crc32c(Buffer.from(pem)) !== pemCrc32c) throw corrupted(reference);
    // What hashes with something else than the kind of key asks for is not verified by anybody.
    if (!/^(?:EC_SIGN_(?:P256_SHA256|P384_SHA384|ED25519)|RSA_SIGN_(?:PKCS1|PSS)_\d+_SHA256)$/.test(algorithm))
      throw new KeyError(
        'KEY_UNSUPPORTED',
        `${reference}: the key is for ${algorithm}: keys of Cloud KMS that sign here are EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384, EC_SIGN_ED25519, RSA_SIGN_PKCS1_…_SHA256 and RSA_SIGN_PSS_…_SHA256`,
      );
    return createHeldSigner({
      source: reference,
      publicKey: pem,
      isPss: algorithm.startsWith('RSA_SIGN_PSS_'),
      sign: async (data, scheme) => {
        const asked = requestOf(data, scheme);
        const answer = await ask('POST', `${name}:asymmetricSign`, asked, signatureSchema);
        const isVerified = 'data' in asked ? answer.verifiedDataCrc32c : answer.verifiedDigestCrc32c;
        if (!isVerified || crc32c(answer.signature) !== answer.signatureCrc32c) throw corrupted(reference);
        return answer.signature;
      },
    });
  },
};

function requestOf(data: Uint8Array, scheme: SigningScheme) {
  const signed = digestFor(scheme, data);
  const text = signed.toString('base64');
  const sum = String(crc32c(signed));
  return scheme.hash === null
    ? { data: text, dataCrc32c: sum }
    : { digest: { [scheme.hash]: text }, digestCrc32c: sum };
}

/** https://cloud.google.com/kms/docs/data-integrity-guidelines */
function corrupted(reference: string): KeyError {
  return new KeyError(
    'KEY_STORE_UNAVAILABLE',
    `${reference}: what Cloud KMS was sent, or sent back, was changed on its way (CRC-32C): try again`,
  );
}

type Ask = <T>(method: 'GET' | 'POST', path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;

/** The enabled version with the highest number, as cosign takes it: keys that sign have no primary one. */
async function findNewest(reference: string, key: string, ask: Ask): Promise<string> {
  const query = new URLSearchParams({ filter: 'state=ENABLED', pageSize: String(VERSIONS) });
  const listed = await ask('GET', `${key}/cryptoKeyVersions?${query}`, undefined, versionsSchema);
  if (listed.nextPageToken !== undefined && listed.nextPageToken !== '')
    throw new KeyError(
      'KEY_UNSUPPORTED',
      `${reference}: the key has more than ${VERSIONS} versions: name one, as ${FORM}/cryptoKeyVersions/1`,
    );
  const numbers = listed.cryptoKeyVersions
    .filter(({ state }) => state === 'ENABLED')
    .map(({ name }) => Number(name.slice(name.lastIndexOf('/') + 1)));
  if (numbers.length === 0)
    throw new KeyError('KEY_MISSING', `${reference}: no version of this key is enabled: enable one, or make one`);
  return `${key}/cryptoKeyVersions/${Math.max(...numbers)}`;
}

async function openKms(reference: string, env: Readonly<Record<string, string | undefined>>): Promise<Ask> {
  const url = addressOf(reference, 'PRATIQUE_GCPKMS_URL', env.PRATIQUE_GCPKMS_URL, 'https://cloudkms.googleapis.com');
  const credentials = await openGoogleCredentials(reference, env);
  const client = createKeyStoreClient({
    reference,
    url,
    unexpected: "Cloud KMS's answer is none for a key that signs: look at PRATIQUE_GCPKMS_URL and the key's purpose",
    refusal: (status, answer) => toKeyError(reference, status, errorSchema.safeParse(answer).data?.error.status),
  });
  return async (method, path, body, schema) =>
    client(
      {
        method,
        url: `${rootOf(url)}/v1/${path}`,
        headers: { ...(await credentials()), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      schema,
    );
}

/** Its messages name projects and people: only its status (google.rpc.Code) is told. */
function toKeyError(reference: string, status: number, code = 'no reason given'): KeyError {
  const why = `(${status}, ${code})`;
  if (status === 404)
    return new KeyError(
      'KEY_MISSING',
      `${reference}: Cloud KMS has no such key: look at its project, location, ring, name and version`,
    );
  if (status === 429 || status >= 500)
    return new KeyError('KEY_STORE_UNAVAILABLE', `${reference}: Cloud KMS is out of order ${why}: try again later`);
  if (status === 400 && code !== 'FAILED_PRECONDITION')
    return new KeyError(
      'KEY_UNSUPPORTED',
      `${reference}: Cloud KMS does not take what is asked of this key ${why}: look at its purpose and algorithm`,
    );
  return new KeyError(
    'KEY_STORE_DENIED',
    `${reference}: Cloud KMS refuses ${why}: look whether the key version is enabled, and whether the credentials may view its public key and sign with it, and list versions where none is named (cloudkms.cryptoKeyVersions.viewPublicKey, .useToSign, .list)`,
  );
}
