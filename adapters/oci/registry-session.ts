/** Calls to one registry: addresses, credentials, and status codes as RegistryErrors. */

import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { RegistryError, type RegistryErrorCode } from '../../domain/artifact/registry.ts';
import type { Egress, EgressRequest, EgressResponse } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RegistrySession {
  readonly host: string;
  /** `path` begins with `/v2/`. `what` names repository and reference in errors. `accept` lists the statuses that are answers. */
  call(
    what: string,
    request: Omit<EgressRequest, 'url'> & { path: string; scope?: string },
    accept: readonly number[],
  ): Promise<EgressResponse>;
  /** Resolves a Location or Link header; refused where it leads to another host. */
  resolve(location: string): string;
}

/** Seconds a bearer token is reused when the server does not say; the token specification's floor. */
const TOKEN_SECONDS = 60;
const MAX_TOKEN_BYTES = 65_536;

export function createRegistrySession(
  host: string,
  egress: Egress,
  credentials: RegistryCredentials | undefined,
): RegistrySession {
  const base = `${isLoopbackHost(host) ? 'http' : 'https'}://${host}`;
  const tokens = new Map<string, { authorization: string; expires: number }>();
  const basic =
    credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  let scheme: 'none' | 'basic' | 'bearer' = 'none';
  let challenge: Record<string, string> = {};

  const authorize = async (scope: string): Promise<string | undefined> => {
    if (scheme === 'none') return undefined;
    if (scheme === 'basic') return basic;
    const known = tokens.get(scope);
    if (known !== undefined && known.expires > Date.now()) return known.authorization;
    const token = await fetchToken(egress, challenge, scope, basic, host);
    tokens.set(scope, token);
    return token.authorization;
  };

  const send = async (what: string, request: Parameters<RegistrySession['call']>[1]): Promise<EgressResponse> => {
    const { path, scope = '', ...rest } = request;
    const url = path.startsWith('http') ? path : `${base}${path}`;
    const withAuth = async () => {
      const authorization = await authorize(scope);
      return egress.send({
        ...rest,
        url,
        headers: { ...rest.headers, ...(authorization === undefined ? {} : { authorization }) },
      });
    };
    try {
      const response = await withAuth();
      const asked = response.headers['www-authenticate'];
      if (response.status !== 401 || asked === undefined) return response;
      const next = /^bearer/i.test(asked) ? 'bearer' : basic === undefined ? 'none' : 'basic';
      if (next === scheme && next !== 'bearer') return response;
      await response.body.dump();
      scheme = next;
      challenge = parseChallenge(asked);
      tokens.delete(scope);
      return await withAuth();
    } catch (error) {
      if (error instanceof EgressError)
        throw new RegistryError('REGISTRY_UNAVAILABLE', `${host}/${what}: ${error.message}`, { cause: error });
      throw error;
    }
  };

  return {
    host,
    async call(what, request, accept) {
      const response = await send(what, request);
      if (accept.includes(response.status)) return response;
      const detail = await readDetail(response);
      const wait = Number(response.headers['retry-after']);
      throw new RegistryError(
        codeOf(response.status),
        `${host}/${what}: HTTP ${response.status}${detail}`,
        Number.isFinite(wait) ? { retryAfterSeconds: wait } : {},
      );
    },
    resolve(location) {
      const url = new URL(location, base);
      if (url.host !== host)
        throw new RegistryError(
          'REGISTRY_REFUSED',
          `${host} points to another host (${url.host}): that is not followed`,
        );
      // Registries behind a proxy answer with the scheme they see.
      return `${base}${url.pathname}${url.search}`;
    },
  };
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 401 || status === 403) return 'REGISTRY_DENIED';
  if (status === 404) return 'REGISTRY_NOT_FOUND';
  if (status === 429 || status >= 500) return 'REGISTRY_UNAVAILABLE';
  return 'REGISTRY_REFUSED';
}

/** The codes of the distribution specification's error body, never its texts. */
async function readDetail(response: EgressResponse): Promise<string> {
  const body = (await response.body.json().catch(() => undefined)) as { errors?: { code?: unknown }[] } | undefined;
  const codes = Array.isArray(body?.errors)
    ? body.errors.map(({ code }) => code).filter((code) => typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code))
    : [];
  return codes.length === 0 ? '' : ` (${codes.slice(0, 3).join(', ')})`;
}

function parseChallenge(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
}

/** Distribution's token authentication. The realm must be a host the egress knows: credentials go nowhere else. */
async function fetchToken(
  egress: Egress,
  challenge: Record<string, string>,
  scope: string,
  basic: string | undefined,
  host: string,
) {
  if (challenge.realm === undefined)
    throw new RegistryError('REGISTRY_DENIED', `${host} asks for a token without saying where`);
  const url = new URL(challenge.realm);
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  if (scope !== '') for (const part of scope.split(' ')) url.searchParams.append('scope', part);
  const response = await egress.send({
    method: 'GET',
    url: url.href,
    headers: basic === undefined ? {} : { authorization: basic },
  });
  const length = Number(response.headers['content-length'] ?? 0);
  if (response.status !== 200 || length > MAX_TOKEN_BYTES) {
    await response.body.dump();
    throw new RegistryError(
      'REGISTRY_DENIED',
      `${url.host} gave no token for ${host}: HTTP ${response.status}. Check the credentials`,
    );
  }
  const body = (await response.body.json()) as { token?: string; access_token?: string; expires_in?: number };
  const token = body.token ?? body.access_token;
  if (typeof token !== 'string') throw new RegistryError('REGISTRY_DENIED', `${url.host} answered without a token`);
  return { authorization: `Bearer ${token}`, expires: Date.now() + 900 * (body.expires_in ?? TOKEN_SECONDS) };
}
