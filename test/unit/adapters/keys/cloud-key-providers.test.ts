import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../../../adapters/keys/crc32c.ts';
import type { KeyContext } from '../../../../adapters/keys/key-provider.ts';
import { openSigner } from '../../../../adapters/keys/open-signer.ts';
import { describeKeyProvider, type KeptKeys } from '../../../contracts/key-provider.ts';
import { startAzureKeyVault } from '../../../fakes/azure-key-vault.ts';
import { gcpKeyRing, startGcpKms } from '../../../fakes/gcp-kms.ts';
import { startHttpServer } from '../../../fakes/http-server.ts';

const TOKEN = 'ya29.secret-token';
const contextOf = (env: Record<string, string>): KeyContext => ({
  env,
  readFile: async (file) => Promise.reject(new Error(`no file ${file}`)),
  passphrase: async () => undefined,
});

/** A metadata server that gives out one token, which ends in an hour, to whoever asks as its cloud has it. */
const startMetadata = (header: string, value: string, asked: string[] = []) =>
  startHttpServer(({ headers, path }) => {
    asked.push(path);
    return headers[header] === value
      ? { status: 200, body: { access_token: TOKEN, expires_in: 3600, token_type: 'Bearer' } }
      : { status: 403, body: {} };
  });

it('CRC-32C is that of RFC 3720, appendix B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

describe('Google Cloud KMS', () => {
  const of = (name: string) => `gcpkms://${gcpKeyRing}/cryptoKeys/${name}`;
  let kept: KeptKeys;
  const servers: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    const metadata = await startMetadata('metadata-flavor', 'Google');
    const kms = await startGcpKms(TOKEN);
    servers.push(metadata, kms);
    const env = { GCE_METADATA_HOST: metadata.host, PRATIQUE_GCPKMS_URL: `http://${kms.host}/` };
    kept = {
      context: contextOf(env),
      keys: {
        'P-256': of('p256'),
        'P-384': `${of('p384')}/versions/1`,
        Ed25519: `${of('ed25519')}/cryptoKeyVersions/1`,
        RSA: of('rsa'),
        'RSA-PSS': of('pss'),
      },
      failures: {
        'a key that is not there': { reference: of('nothing'), code: 'KEY_MISSING' },
        'a version that is not there': { reference: `${of('p256')}/versions/99`, code: 'KEY_MISSING' },
        'a version that is disabled': { reference: `${of('p256')}/versions/11`, code: 'KEY_STORE_DENIED' },
        'no version that is enabled': { reference: of('disabled'), code: 'KEY_MISSING' },
        'more versions than are listed': { reference: of('many'), code: 'KEY_UNSUPPORTED' },
        'no key named': { reference: `gcpkms://${gcpKeyRing}`, code: 'KEY_MISSING' },
        'a path to somewhere else': { reference: of('../../../x'), code: 'KEY_MISSING' },
        'a key for something else': { reference: of('decrypt'), code: 'KEY_UNSUPPORTED' },
        'a hash that nobody verifies': { reference: of('sha512'), code: 'KEY_UNSUPPORTED' },
        'a public key that was changed on its way': { reference: of('garbled-pem'), code: 'KEY_STORE_UNAVAILABLE' },
        'a digest that was changed on its way': { reference: of('garbled-digest'), code: 'KEY_STORE_UNAVAILABLE' },
        'a signature that was changed on its way': {
          reference: of('garbled-signature'),
          code: 'KEY_STORE_UNAVAILABLE',
        },
        'an outage': { reference: of('broken'), code: 'KEY_STORE_UNAVAILABLE' },
        'no API there': {
          reference: of('p256'),
          context: contextOf({ ...env, PRATIQUE_GCPKMS_URL: 'http://127.0.0.1:9' }),
          code: 'KEY_STORE_UNAVAILABLE',
        },
        'an address that is none': {
          reference: of('p256'),
          context: contextOf({ ...env, PRATIQUE_GCPKMS_URL: 'kms.example' }),
          code: 'KEY_STORE_DENIED',
        },
        'a project that is not to be charged': {
          reference: of('p256'),
          context: contextOf({ ...env, GOOGLE_CLOUD_QUOTA_PROJECT: 'acme-other' }),
          code: 'KEY_STORE_DENIED',
        },
      },
      secrets: ['secret'],
    };
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  const failures = [
    'a key that is not there',
    'a version that is not there',
    'a version that is disabled',
    'no version that is enabled',
    'more versions than are listed',
    'no key named',
    'a path to somewhere else',
    'a key for something else',
    'a hash that nobody verifies',
    'a public key that was changed on its way',
    'a digest that was changed on its way',
    'a signature that was changed on its way',
    'an outage',
    'no API there',
    'an address that is none',
    'a project that is not to be charged',
  ];
  describeKeyProvider(['P-256', 'P-384', 'Ed25519', 'RSA', 'RSA-PSS'], failures, () => kept);

  it('takes the enabled version with the highest number where none is named', async () => {
    const { context } = kept;
    const newest = await openSigner(of('p256'), context);
    expect(newest.keyId).toBe((await openSigner(`${of('p256')}/versions/10`, context)).keyId);
    expect(newest.keyId).not.toBe((await openSigner(`${of('p256')}/versions/9`, context)).keyId);
  });
});

describe('Azure Key Vault', () => {
  const of = (name: string) => `azurekms://release.vault.azure.net/${name}`;
  const VERSION = '9885aa558e8d448789683188f8c194b0';
  let kept: KeptKeys;
  const servers: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    const metadata = await startMetadata('metadata', 'true');
    const vault = await startAzureKeyVault(TOKEN);
    servers.push(metadata, vault);
    const env = {
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${metadata.host}`,
      PRATIQUE_AZUREKMS_URL: `http://${vault.host}`,
    };
    kept = {
      context: contextOf(env),
      keys: { 'P-256': of('p256'), 'P-384': of('p384-hsm'), RSA: `${of('rsa')}/${VERSION}` },
      failures: {
        'a key that is not there': { reference: of('nothing'), code: 'KEY_MISSING' },
        'a version that is not there': { reference: `${of('p256')}/0123456789abcdef`, code: 'KEY_MISSING' },
        'no key named': { reference: 'azurekms://release.vault.azure.net', code: 'KEY_MISSING' },
        'a name that is none': { reference: of('../secrets/x'), code: 'KEY_MISSING' },
        'a key for something else': { reference: of('wrapping'), code: 'KEY_UNSUPPORTED' },
        'a symmetric key': { reference: of('symmetric'), code: 'KEY_UNSUPPORTED' },
        'a curve that does not sign': { reference: of('p521'), code: 'KEY_UNSUPPORTED' },
        'a curve of coins': { reference: of('secp256k1'), code: 'KEY_UNSUPPORTED' },
        'a key that is disabled': { reference: of('disabled'), code: 'KEY_STORE_DENIED' },
        'a key that is not ours to sign with': { reference: of('forbidden'), code: 'KEY_STORE_DENIED' },
        'an outage': { reference: of('broken'), code: 'KEY_STORE_UNAVAILABLE' },
        'no vault there': {
          reference: of('p256'),
          context: contextOf({ ...env, PRATIQUE_AZUREKMS_URL: 'http://127.0.0.1:9' }),
          code: 'KEY_STORE_UNAVAILABLE',
        },
      },
      secrets: ['secret-'],
    };
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  const failures = [
    'a key that is not there',
    'a version that is not there',
    'no key named',
    'a name that is none',
    'a key for something else',
    'a symmetric key',
    'a curve that does not sign',
    'a curve of coins',
    'a key that is disabled',
    'a key that is not ours to sign with',
    'an outage',
    'no vault there',
  ];
  describeKeyProvider(['P-256', 'P-384', 'RSA'], failures, () => kept);

  it('has one key for a name with its version and without', async () => {
    const [latest, named] = await Promise.all(
      [of('p256'), `${of('p256')}/${VERSION}`].map((reference) => openSigner(reference, kept.context)),
    );
    expect(latest?.keyId).toBe(named?.keyId);
  });

  it('asks for a token for the vaults of its cloud, and for none where the host is no vault', async () => {
    const asked: string[] = [];
    const metadata = await startMetadata('metadata', 'true', asked);
    const context = contextOf({ ...kept.context.env, AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${metadata.host}` });
    for (const host of [
      'vault.azure.net',
      'acme.blob.core.windows.net',
      'a.b.vault.azure.net',
      'v@x.vault.azure.net',
      '127.0.0.1:80',
    ])
      await expect(openSigner(`azurekms://${host}/p256`, context), host).rejects.toMatchObject({ code: 'KEY_MISSING' });
    expect(asked).toEqual([]);
    for (const domain of ['vault.azure.net', 'managedhsm.azure.net', 'vault.usgovcloudapi.net', 'vault.example.com']) {
      await openSigner(`azurekms://release.${domain}/p256`, context);
      expect(asked.splice(0)).toEqual([expect.stringMatching(`&resource=https%3A%2F%2F${domain}$`)]);
    }
    await metadata.stop();
  });
});
