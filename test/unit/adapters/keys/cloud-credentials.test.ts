/** Every way of being somebody in a cloud, to the signature of a key that is held there. */
import { generateKeyPairSync, KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepToken } from '../../../../adapters/keys/access-token.ts';
import { pickHolderVariables } from '../../../../adapters/keys/holder-variables.ts';
import { openSigner } from '../../../../adapters/keys/open-signer.ts';
import { startAzureKeyVault } from '../../../fakes/azure-key-vault.ts';
import { startEntraId } from '../../../fakes/entra-id.ts';
import { gcpKeyRing, startGcpKms } from '../../../fakes/gcp-kms.ts';
import { startGoogleIdentity } from '../../../fakes/google-identity.ts';

const TOKEN = 'secret-access-token';
const folder = mkdtempSync(path.join(tmpdir(), 'pratique-credentials-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The path of a file with that in it. */
function fileOf(name: string, content: unknown): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

async function signWith(reference: string, env: Record<string, string>): Promise<Uint8Array> {
  // What the trust worker is given has to be enough; only of a person's machine there is a home.
  const given = { ...pickHolderVariables(env), ...(env.HOME === undefined ? {} : { HOME: env.HOME }) };
  const signer = await openSigner(reference, {
    env: given,
    readFile: () => Promise.reject(new Error('no file is read for a reference')),
    passphrase: async () => undefined,
  });
  await signer.sign(Buffer.from('first'));
  return signer.sign(Buffer.from('second'));
}

async function failureOf(reference: string, env: Record<string, string>): Promise<Error> {
  const failure: unknown = await signWith(reference, env).catch((error: unknown) => error);
  expect((failure as Error).message).not.toMatch(/secret|AADSTS/);
  return failure as Error;
}

describe('Google', () => {
  const reference = `gcpkms://${gcpKeyRing}/cryptoKeys/p256`;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const email = 'release@acme-prod.iam.gserviceaccount.com';
  let identity: Awaited<ReturnType<typeof startGoogleIdentity>>;
  let kms: Awaited<ReturnType<typeof startGcpKms>>;
  beforeAll(async () => {
    identity = await startGoogleIdentity({ publicKey, email, token: TOKEN });
    kms = await startGcpKms(TOKEN);
  });
  afterAll(() => Promise.all([identity.stop(), kms.stop()]));
  beforeEach(() => void identity.calls.splice(0));

  const at = (place: string) => `http://${identity.host}${place}`;
  const account = () => ({
    type: 'service_account',
    client_email: email,
    private_key_id: 'key-1',
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    token_uri: at('/token'),
  });
  const user = () => ({
    type: 'authorized_user',
    client_id: 'gcloud',
    client_secret: 'secret-of-gcloud',
    refresh_token: 'secret-refresh',
    token_uri: at('/token'),
  });
  const external = (credential_source: unknown) => ({
    type: 'external_account',
    audience: identity.audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: at('/sts'),
    credential_source,
  });
  const impersonation = () => ({ service_account_impersonation_url: at('/impersonate:generateAccessToken') });
  const job = () => ({
    url: at('/oidc?audience=sts'),
    headers: { authorization: 'Bearer secret-of-the-job' },
    format: { type: 'json', subject_token_field_name: 'value' },
  });
  const cases: [string, () => unknown, string[]][] = [
    ['a service account', account, ['POST /token']],
    ['a user, as gcloud writes it', user, ['POST /token']],
    [
      'a service account as another one',
      () => ({ type: 'impersonated_service_account', ...impersonation(), source_credentials: account() }),
      ['POST /token', 'POST /impersonate:generateAccessToken'],
    ],
    ['a workload, by a token in a file', () => external({ file: fileOf('token', 'secret-subject\n') }), ['POST /sts']],
    [
      'a workload, by a token in a file of JSON',
      () =>
        external({
          file: fileOf('token.json', { id_token: 'secret-subject' }),
          format: { type: 'json', subject_token_field_name: 'id_token' },
        }),
      ['POST /sts'],
    ],
    [
      'a job of CI as a service account, by a token from a URL',
      () => ({ ...external(job()), ...impersonation() }),
      ['GET /oidc?audience=sts', 'POST /sts', 'POST /impersonate:generateAccessToken'],
    ],
  ];
  const envOf = () => ({ PRATIQUE_GCPKMS_URL: `http://${kms.host}` });

  it.each(cases)('%s: signs, with one token for all', async (_, credentials, calls) => {
    const file = fileOf('credentials.json', credentials());
    await signWith(reference, { ...envOf(), GOOGLE_APPLICATION_CREDENTIALS: file });
    expect(identity.calls).toEqual(calls);
  });

  it("what gcloud wrote, in its folder or in one's own home", async () => {
    const file = fileOf('home/.config/gcloud/application_default_credentials.json', user());
    await signWith(reference, { ...envOf(), CLOUDSDK_CONFIG: path.dirname(file) });
    await signWith(reference, { ...envOf(), HOME: path.join(folder, 'home') });
    expect(identity.calls).toEqual(['POST /token', 'POST /token']);
  });

  it('the metadata server, where no file is named', async () => {
    await signWith(reference, { ...envOf(), GCE_METADATA_HOST: identity.host, GOOGLE_APPLICATION_CREDENTIALS: '' });
    expect(identity.calls).toHaveLength(1);
    expect(decodeURIComponent(identity.calls[0] ?? '')).toContain('scopes=https://www.googleapis.com/auth/cloudkms');
  });

  it('a project that calls are charged to, from the file or the environment', async () => {
    const charged = await startGcpKms(TOKEN, 'acme-billing');
    const env = { PRATIQUE_GCPKMS_URL: `http://${charged.host}` };
    const file = fileOf('quota.json', { ...user(), quota_project_id: 'acme-billing' });
    const other = fileOf('other.json', { ...user(), quota_project_id: 'acme-other' });
    await signWith(reference, { ...env, GOOGLE_APPLICATION_CREDENTIALS: file });
    const over = { GOOGLE_APPLICATION_CREDENTIALS: other, GOOGLE_CLOUD_QUOTA_PROJECT: 'acme-billing' };
    await signWith(reference, { ...env, ...over });
    await charged.stop();
  });

  it.each([
    ['a file that is not there', () => path.join(folder, 'nothing'), 'KEY_STORE_DENIED', 'can not be read'],
    ['a file that is none', () => fileOf('none', '{"secret'), 'KEY_STORE_DENIED', 'has no credentials'],
    [
      'a program that is to be run',
      () => fileOf('run', external({ executable: { command: 'secret' } })),
      'KEY_STORE_DENIED',
      'has no credentials',
    ],
    [
      'a private key that is none',
      () => fileOf('key', { ...account(), private_key: 'secret' }),
      'KEY_STORE_DENIED',
      'private_key',
    ],
    [
      'an account that is not known',
      () => fileOf('other', { ...account(), client_email: 'other@x' }),
      'KEY_STORE_DENIED',
      '400, invalid_grant',
    ],
    [
      'a token that is not there',
      () => fileOf('gone', external({ file: '/nowhere/token' })),
      'KEY_STORE_DENIED',
      '/nowhere/token',
    ],
    [
      'a server without TLS elsewhere',
      () => fileOf('plain', { ...account(), token_uri: 'http://192.0.2.1/token' }),
      'KEY_STORE_UNAVAILABLE',
      'plain HTTP',
    ],
  ])('%s: says so, and no secret', async (_, file, code, text) => {
    const failure = await failureOf(reference, { ...envOf(), GOOGLE_APPLICATION_CREDENTIALS: file() });
    expect(failure).toMatchObject({ name: 'KeyError', code, message: expect.stringContaining(text) as string });
  });

  it('nobody, on a machine of nobody: says what to name', async () => {
    const failure = await failureOf(reference, { ...envOf(), GCE_METADATA_HOST: '127.0.0.1:9' });
    expect(failure).toMatchObject({
      ...{
        code: 'KEY_STORE_UNAVAILABLE',
        message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') as string,
      },
    });
  });
});

describe('Azure', () => {
  const reference = 'azurekms://release.vault.azure.net/p256';
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
  const client = '1950a258-227b-4e31-a9cf-717495945fc2';
  let entra: Awaited<ReturnType<typeof startEntraId>>;
  let vault: Awaited<ReturnType<typeof startAzureKeyVault>>;
  let certificateFile = '';
  beforeAll(async () => {
    const algorithm = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    };
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=release',
      keys,
      signingAlgorithm: algorithm,
    });
    const certificate = made.toString('pem');
    const key = KeyObject.from(keys.privateKey).export({ format: 'pem', type: 'pkcs8' }).toString();
    certificateFile = fileOf('client.pem', `${key}${certificate}\n`);
    entra = await startEntraId({ tenant, client, certificate, token: TOKEN });
    vault = await startAzureKeyVault(TOKEN);
  });
  afterAll(() => Promise.all([entra.stop(), vault.stop()]));
  beforeEach(() => void entra.calls.splice(0));

  const envOf = () => ({
    PRATIQUE_AZUREKMS_URL: `http://${vault.host}`,
    AZURE_AUTHORITY_HOST: `http://${entra.host}/`,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${entra.host}/`,
    AZURE_CLIENT_ID: client,
  });
  const application = `POST /${tenant}/oauth2/v2.0/token`;
  const machine = `GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=${client}`;
  const app = machine.replace(
    '/metadata/identity/oauth2/token?api-version=2018-02-01',
    '/msi/token?api-version=2019-08-01',
  );
  const cases: [string, () => Record<string, string>, string][] = [
    ['a secret', () => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: 'secret-of-client' }), application],
    ['a certificate', () => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_CERTIFICATE_PATH: certificateFile }), application],
    [
      'the token of a pod',
      () => ({ AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: fileOf('pod', 'secret-of-the-pod\n') }),
      application,
    ],
    [
      'the identity of an app',
      () => ({ IDENTITY_ENDPOINT: `http://${entra.host}/msi/token`, IDENTITY_HEADER: 'secret-of-the-app' }),
      app,
    ],
    ['the identity of a machine', () => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: '' }), machine],
  ];
  it.each(cases)('%s: signs, with one token for all', async (_, env, call) => {
    await signWith(reference, { ...envOf(), ...env() });
    expect(entra.calls).toEqual([call]);
  });

  it.each([
    [
      'a secret that is wrong',
      () => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: 'secret' }),
      '401, invalid_client',
    ],
    [
      'a certificate that is none',
      () => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_CERTIFICATE_PATH: fileOf('none.pem', 'secret') }),
      'AZURE_CLIENT_CERTIFICATE_PATH',
    ],
    [
      'a token that is not there',
      () => ({ AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: '/nowhere/token' }),
      '/nowhere/token',
    ],
    ['a machine of another cloud', () => ({}), 'the managed identity of this machine'],
  ])('%s: says so, and no secret', async (name, env, text) => {
    const other = name === 'a machine of another cloud' ? 'azurekms://release.vault.azure.cn/p256' : reference;
    const failure = await failureOf(other, { ...envOf(), ...env() });
    expect(failure).toMatchObject({ code: 'KEY_STORE_DENIED', message: expect.stringContaining(text) as string });
  });
});

describe('a token', () => {
  it('is asked for once by all who wait, again before it ends, and again after a failure', async () => {
    vi.useFakeTimers();
    const answers = [Promise.reject(new Error('not now')), 3600, 3600].values();
    let asked = 0;
    const token = keepToken(async () => {
      asked += 1;
      return { value: `token ${asked}`, seconds: (await answers.next().value) ?? 0 };
    });
    await expect(token()).rejects.toThrow('not now');
    expect(await Promise.all([token(), token()])).toEqual(['token 2', 'token 2']);
    vi.advanceTimersByTime(3_530_000);
    expect(await token()).toBe('token 2');
    vi.advanceTimersByTime(20_000);
    expect(await token()).toBe('token 3');
    vi.useRealTimers();
  });
});
