/** Access tokens of Microsoft Entra ID, for the credentials that Azure's own clients take from the environment. */
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { type AccessToken, keepToken } from './access-token.ts';
import { signAssertion } from './client-assertion.ts';
import { readCredentialsFile } from './credentials-file.ts';
import { addressOf, rootOf } from './key-store-client.ts';
import { askForToken, postForm, tokenAnswer } from './token-server.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Of clouds that have their own; of others AZURE_AUTHORITY_HOST says it. */
const authorities: Readonly<Record<string, string>> = {
  'vault.azure.cn': 'https://login.chinacloudapi.cn',
  'managedhsm.azure.cn': 'https://login.chinacloudapi.cn',
  'vault.usgovcloudapi.net': 'https://login.microsoftonline.us',
  'managedhsm.usgovcloudapi.net': 'https://login.microsoftonline.us',
};
const AUTHORITY = 'https://login.microsoftonline.com';
const METADATA_URL = 'http://169.254.169.254';
/** Seconds: as Azure's own clients have it. */
const ASSERTION_SECONDS = 600;

/** App Service says when it ends, in seconds since 1970. */
const appServiceAnswer = z
  .object({ access_token: z.string().min(1), expires_on: z.coerce.number() })
  .transform(({ access_token: value, expires_on: end }): AccessToken => ({ value, seconds: end - Date.now() / 1000 }));

/** A token for the vaults of `domain`, whenever one is asked for. Throws a KeyError. */
export function openAzureCredentials(reference: string, domain: string, env: Env): () => Promise<string> {
  const resource = `https://${domain}`;
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = env;
  return keepToken(async () => {
    const proof = tenant && client ? await readProof(reference, tenant, client, domain, env) : undefined;
    if (proof === undefined) return askForManagedIdentity(reference, resource, env);
    const call = postForm({ grant_type: 'client_credentials', scope: `${resource}/.default`, ...proof.fields });
    return askForToken({ reference, url: proof.url, lookAt: proof.lookAt }, call, tokenAnswer);
  });
}

/** With which an application shows who it is; undefined where it has none. */
async function readProof(reference: string, tenant: string, client: string, domain: string, env: Env) {
  const authority =
    env.AZURE_AUTHORITY_HOST && /^(?!https?:)/.test(env.AZURE_AUTHORITY_HOST)
      ? `https://${env.AZURE_AUTHORITY_HOST}`
      : env.AZURE_AUTHORITY_HOST;
  const root = rootOf(addressOf(reference, 'AZURE_AUTHORITY_HOST', authority, authorities[domain] ?? AUTHORITY));
  const url = new URL(`${root}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`);
  const of = (lookAt: string, fields: Readonly<Record<string, string>>) => ({
    url,
    lookAt: `AZURE_TENANT_ID, AZURE_CLIENT_ID and ${lookAt}`,
    fields: { client_id: client, ...fields },
  });
  const asserted = (client_assertion: string) => ({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
  });
  const { AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: certificate } = env;
  if (secret) return of('AZURE_CLIENT_SECRET', { client_secret: secret });
  if (certificate) {
    const pem = await readCredentialsFile(reference, certificate, 'AZURE_CLIENT_CERTIFICATE_PATH');
    const assertion = signWithCertificate(reference, pem, { aud: url.href, iss: client, sub: client });
    return of('AZURE_CLIENT_CERTIFICATE_PATH', asserted(assertion));
  }
  const { AZURE_FEDERATED_TOKEN_FILE: file } = env;
  if (!file) return undefined;
  // Kubernetes writes it anew within the hour.
  const token = await readCredentialsFile(reference, file, 'AZURE_FEDERATED_TOKEN_FILE');
  return of('AZURE_FEDERATED_TOKEN_FILE', asserted(token.trim()));
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials */
function signWithCertificate(reference: string, pem: string, claims: Readonly<Record<string, string>>): string {
  try {
    const thumbprint = Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex');
    const header = { alg: 'PS256', 'x5t#S256': thumbprint.toString('base64url') } as const;
    return signAssertion(
      header,
      { ...claims, jti: randomUUID(), nbf: Math.floor(Date.now() / 1000) },
      createPrivateKey(pem),
      ASSERTION_SECONDS,
    );
  } catch (cause) {
    throw new KeyError(
      'KEY_STORE_DENIED',
      `${reference}: the file of AZURE_CLIENT_CERTIFICATE_PATH is not a certificate with its RSA key, in PEM and without a password`,
      { cause },
    );
  }
}

/** https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token, and App Service's */
function askForManagedIdentity(reference: string, resource: string, env: Env): Promise<AccessToken> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret, AZURE_CLIENT_ID: client } = env;
  const at = (address: URL, version: string) => {
    address.searchParams.set('api-version', version);
    address.searchParams.set('resource', resource);
    if (client) address.searchParams.set('client_id', client);
    const lookAt =
      'AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE), or at the managed identity of this machine';
    return { reference, url: address, lookAt, isMetadata: true };
  };
  if (endpoint && secret) {
    const server = at(addressOf(reference, 'IDENTITY_ENDPOINT', endpoint, ''), '2019-08-01');
    return askForToken(server, { method: 'GET', headers: { 'x-identity-header': secret } }, appServiceAnswer);
  }
  const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host } = env;
  const root = rootOf(addressOf(reference, 'AZURE_POD_IDENTITY_AUTHORITY_HOST', host, METADATA_URL));
  const server = at(new URL(`${root}/metadata/identity/oauth2/token`), '2018-02-01');
  return askForToken(server, { method: 'GET', headers: { metadata: 'true' } }, tokenAnswer);
}
