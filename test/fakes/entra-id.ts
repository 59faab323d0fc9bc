/** Those who give out Azure's access tokens: Entra ID, and the managed identities of machines and of App Service. */
import { createHash, X509Certificate } from 'node:crypto';
import { jwtVerify } from 'jose';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';

export interface EntraId {
  readonly tenant: string;
  readonly client: string;
  /** In PEM. */
  readonly certificate: string;
  readonly token: string;
}

const resource = 'https://vault.azure.net';
const refuse = (error: string): FakeAnswer => ({
  status: 401,
  body: { error, error_description: 'AADSTS7000215: Invalid client secret provided for secret-app' },
});

async function isProven(form: URLSearchParams, { client, certificate }: EntraId, self: string): Promise<boolean> {
  const assertion = form.get('client_assertion');
  if (assertion === null) return form.get('client_secret') === 'secret-of-client';
  if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return false;
  if (assertion === 'secret-of-the-pod') return true;
  const { publicKey, raw } = new X509Certificate(certificate);
  const options = { issuer: client, subject: client, audience: self, algorithms: ['PS256'] };
  const verified = await jwtVerify(assertion, publicKey, options).catch(() => undefined);
  const thumbprint = createHash('sha256').update(raw).digest('base64url');
  const { jti, nbf } = verified?.payload ?? {};
  return verified?.protectedHeader['x5t#S256'] === thumbprint && jti !== undefined && nbf !== undefined;
}

export async function startEntraId(identity: EntraId) {
  const calls: string[] = [];
  const { tenant, client, token } = identity;
  const server = await startHttpServer(async ({ method, path, headers, body }: FakeCall): Promise<FakeAnswer> => {
    calls.push(`${method} ${path}`);
    const url = new URL(path, `http://${server.host}`);
    if (method === 'POST' && path === `/${tenant}/oauth2/v2.0/token`) {
      const form = new URLSearchParams(body.toString());
      if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== `${resource}/.default`)
        return refuse('invalid_request');
      if (form.get('client_id') !== client || !(await isProven(form, identity, url.href)))
        return refuse('invalid_client');
      return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
    }
    const query = Object.fromEntries(url.searchParams);
    if (method !== 'GET' || query.resource !== resource) return { status: 400, body: { error: 'invalid_resource' } };
    const expires_on = String(Math.floor(Date.now() / 1000) + 86_000);
    if (url.pathname === '/metadata/identity/oauth2/token' && query['api-version'] === '2018-02-01')
      return headers.metadata === 'true'
        ? { status: 200, body: { access_token: token, expires_in: '86000', expires_on, resource, client_id: client } }
        : { status: 400, body: { error: 'invalid_request' } };
    if (url.pathname === '/msi/token' && query['api-version'] === '2019-08-01' && query.client_id === client)
      return headers['x-identity-header'] === 'secret-of-the-app'
        ? { status: 200, body: { access_token: token, expires_on, resource, token_type: 'Bearer' } }
        : refuse('unauthorized');
    return { status: 404, body: {} };
  });
  return { ...server, calls };
}
