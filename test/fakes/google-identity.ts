/** Those who give out Google's access tokens: OAuth, Security Token Service, IAM credentials, metadata; and the identity provider of somebody else. */
import type { KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { type FakeAnswer, type FakeCall, startHttpServer } from './http-server.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloudkms';
const PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** Where its own address is not what matters. */
const audience = '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/providers/github';

export interface GoogleIdentity {
  /** The account's, with which it signs for itself; the address of the token server is its audience. */
  readonly publicKey: KeyObject;
  readonly email: string;
  /** What all of them end up giving out. */
  readonly token: string;
}

const given = (access_token: string): FakeAnswer => ({
  status: 200,
  body: { access_token, expires_in: 3599, token_type: 'Bearer' },
});
const refused: FakeAnswer = {
  status: 400,
  body: { error: 'invalid_grant', error_description: 'secret-person is not known here' },
};

async function answerGrant(form: URLSearchParams, { publicKey, email, token }: GoogleIdentity, self: string) {
  switch (form.get('grant_type')) {
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
      const options = { issuer: email, audience: self, algorithms: ['RS256'], maxTokenAge: 3600 };
      const verified = await jwtVerify(form.get('assertion') ?? '', publicKey, options).catch(() => undefined);
      if (verified?.protectedHeader.kid !== 'key-1') return refused;
      const { scope, exp = 0, iat = 0 } = verified.payload;
      if (exp - iat !== 3600) return refused;
      return scope === SCOPE ? given(token) : scope === PLATFORM_SCOPE ? given('platform') : refused;
    }
    case 'refresh_token':
      return form.get('client_id') === 'gcloud' &&
        form.get('client_secret') === 'secret-of-gcloud' &&
        form.get('refresh_token') === 'secret-refresh'
        ? given(token)
        : refused;
    default:
      return refused;
  }
}

/** `/sts` takes `secret-subject`, which `/oidc` gives out. `/impersonate` takes what is of the whole platform. */
export async function startGoogleIdentity(identity: GoogleIdentity) {
  const calls: string[] = [];
  const server = await startHttpServer(async ({ method, path, headers, body }: FakeCall): Promise<FakeAnswer> => {
    calls.push(`${method} ${path}`);
    const form = new URLSearchParams(body.toString());
    const isForm = method === 'POST' && headers['content-type'] === 'application/x-www-form-urlencoded';
    if (path === '/token' && isForm) return answerGrant(form, identity, `http://${server.host}/token`);
    if (path === '/sts' && isForm) {
      const expected = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: 'secret-subject',
      };
      if (Object.entries(expected).some(([name, value]) => form.get(name) !== value)) return refused;
      return form.get('scope') === SCOPE ? given(identity.token) : given('platform');
    }
    if (path === '/oidc?audience=sts' && method === 'GET' && headers.authorization === 'Bearer secret-of-the-job')
      return { status: 200, body: { count: 1, value: 'secret-subject' } };
    if (path === '/impersonate:generateAccessToken' && method === 'POST') {
      const asked = JSON.parse(body.toString()) as { scope: string[] };
      if (headers.authorization !== 'Bearer platform' || asked.scope.join() !== SCOPE) return refused;
      const expireTime = new Date(Date.now() + 3_600_000).toISOString();
      return { status: 200, body: { accessToken: identity.token, expireTime } };
    }
    if (path.startsWith('/computeMetadata/v1/instance/service-accounts/default/token?scopes=') && method === 'GET')
      return headers['metadata-flavor'] === 'Google' ? given(identity.token) : { status: 403, body: {} };
    return { status: 404, body: {} };
  });
  return { ...server, calls, audience };
}
