/** Access tokens of Google, for the credentials of the environment: https://google.aip.dev/auth/4110 */
import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { type AccessToken, keepToken } from './access-token.ts';
import { signAssertion } from './client-assertion.ts';
import { readCredentialsFile } from './credentials-file.ts';
import {
  type ExternalAccount,
  type GoogleCredentials,
  type OwnCredentials,
  readGoogleCredentials,
  type ServiceAccount,
} from './google-credentials-file.ts';
import { askForToken, postForm, type TokenServer, tokenAnswer } from './token-server.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Asking = Pick<TokenServer, 'reference' | 'lookAt'>;

const KMS_SCOPE = 'https://www.googleapis.com/auth/cloudkms';
/** With which another account is impersonated, for nothing but the scope above. */
const PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const METADATA_HOST = '169.254.169.254';
/** Seconds: the longest that Google takes. */
const ASSERTION_SECONDS = 3600;

const impersonatedAnswer = z
  .object({ accessToken: z.string().min(1), expireTime: z.iso.datetime({ offset: true }) })
  .transform(
    ({ accessToken, expireTime }): AccessToken => ({
      value: accessToken,
      seconds: (Date.parse(expireTime) - Date.now()) / 1000,
    }),
  );

/** The headers of a call. Both throw a KeyError. */
export async function openGoogleCredentials(
  reference: string,
  env: Env,
): Promise<() => Promise<Readonly<Record<string, string>>>> {
  const found = await readGoogleCredentials(reference, env);
  const asking = { reference, lookAt: found?.file ?? 'GOOGLE_APPLICATION_CREDENTIALS, which names no file' };
  const token = keepToken(() =>
    found === undefined ? askMetadata(asking, env) : fetchToken(asking, found.credentials),
  );
  const project = env.GOOGLE_CLOUD_QUOTA_PROJECT || found?.credentials.quota_project_id;
  return async () => ({
    authorization: `Bearer ${await token()}`,
    ...(project === undefined ? {} : { 'x-goog-user-project': project }),
  });
}

/** Of the machine, or, on GKE, of the pod: https://cloud.google.com/compute/docs/access/authenticate-workloads */
function askMetadata(asking: Asking, env: Env): Promise<AccessToken> {
  const url = new URL(
    `http://${env.GCE_METADATA_HOST || METADATA_HOST}/computeMetadata/v1/instance/service-accounts/default/token`,
  );
  url.searchParams.set('scopes', KMS_SCOPE);
  const call = { method: 'GET', headers: { 'metadata-flavor': 'Google' } } as const;
  return askForToken({ ...asking, url, isMetadata: true }, call, tokenAnswer);
}

async function fetchToken(asking: Asking, credentials: GoogleCredentials): Promise<AccessToken> {
  if (credentials.type === 'impersonated_service_account') {
    const { source_credentials: own, service_account_impersonation_url: url, delegates } = credentials;
    return impersonate(asking, url, await fetchOwn(asking, own, PLATFORM_SCOPE), delegates);
  }
  return fetchOwn(asking, credentials, KMS_SCOPE);
}

async function fetchOwn(asking: Asking, credentials: OwnCredentials, scope: string): Promise<AccessToken> {
  switch (credentials.type) {
    case 'service_account':
      return askAsServiceAccount(asking, credentials, scope);
    case 'authorized_user': {
      const { client_id, client_secret, refresh_token, token_uri } = credentials;
      const call = postForm({ grant_type: 'refresh_token', client_id, client_secret, refresh_token });
      return askForToken({ ...asking, url: new URL(token_uri) }, call, tokenAnswer);
    }
    case 'external_account': {
      const url = credentials.service_account_impersonation_url;
      if (url === undefined) return exchange(asking, credentials, scope);
      return impersonate(asking, url, await exchange(asking, credentials, PLATFORM_SCOPE), []);
    }
  }
}

/** RFC 7523. */
function askAsServiceAccount(asking: Asking, account: ServiceAccount, scope: string): Promise<AccessToken> {
  const { client_email: iss, private_key_id: kid, token_uri: aud } = account;
  const key = readPrivateKey(asking, account);
  const header = { alg: 'RS256', ...(kid === undefined ? {} : { kid }) } as const;
  const assertion = signAssertion(header, { iss, aud, scope }, key, ASSERTION_SECONDS);
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  return askForToken({ ...asking, url: new URL(aud) }, postForm({ grant_type, assertion }), tokenAnswer);
}

function readPrivateKey({ reference, lookAt }: Asking, account: ServiceAccount) {
  try {
    return createPrivateKey(account.private_key);
  } catch {
    throw new KeyError('KEY_STORE_DENIED', `${reference}: the private_key of ${lookAt} is none: have a new file made`);
  }
}

/** RFC 8693. */
async function exchange(asking: Asking, account: ExternalAccount, scope: string): Promise<AccessToken> {
  const { audience, subject_token_type, token_url, workforce_pool_user_project: userProject } = account;
  const call = postForm({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience,
    scope,
    subject_token_type,
    subject_token: await readSubjectToken(asking, account),
    ...(userProject === undefined ? {} : { options: JSON.stringify({ userProject }) }),
  });
  return askForToken({ ...asking, url: new URL(token_url) }, call, tokenAnswer);
}

/** Anew for each exchange: such tokens are over within minutes. Where it is from is the word of the credentials, as all of it. */
async function readSubjectToken(asking: Asking, { credential_source: source }: ExternalAccount): Promise<string> {
  if ('url' in source) {
    const { url, headers, format } = source;
    const name = format.subject_token_field_name;
    const server = { ...asking, url: new URL(url), isMetadata: url.startsWith('http:') };
    const answer = await askForToken(server, { method: 'GET', headers }, z.object({ [name]: z.string().min(1) }));
    return answer[name] ?? '';
  }
  const content = await readCredentialsFile(asking.reference, source.file, asking.lookAt);
  if (source.format.type === 'text') return content.trim();
  const token = fieldOf(content, source.format.subject_token_field_name);
  if (token !== undefined) return token;
  throw new KeyError('KEY_STORE_DENIED', `${asking.reference}: ${source.file} has no token: look at ${asking.lookAt}`);
}

function fieldOf(content: string, name: string): string | undefined {
  try {
    return z
      .record(z.string(), z.unknown())
      .transform((fields) => fields[name])
      .pipe(z.string())
      .parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
function impersonate(asking: Asking, url: string, by: AccessToken, delegates: readonly string[]): Promise<AccessToken> {
  const call = {
    method: 'POST',
    headers: { authorization: `Bearer ${by.value}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: [KMS_SCOPE], ...(delegates.length === 0 ? {} : { delegates }) }),
  } as const;
  return askForToken({ ...asking, url: new URL(url) }, call, impersonatedAnswer);
}
