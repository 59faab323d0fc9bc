/** Calls to one registry: addresses, credentials, and status codes as RegistryErrors. */
import { z } from 'zod';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { RegistryError, type RegistryErrorCode } from '../../domain/artifact/registry.ts';
import type { Egress, EgressRequest, EgressResponse } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import { parseRetryAfter } from '../egress/retry.ts';
import { fetchToken, parseChallenge } from './registry-token.ts';

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

/** Scopes of token authentication: `repository:<name>:<actions>`. */
export const pullScope = (repository: string): string => `repository:${repository}:pull`;
/** The same for writing. */
export const pushScope = (repository: string): string => `repository:${repository}:pull,push`;

export interface RegistrySessionOptions {
  /** `host[:port]` */
  readonly host: string;
  readonly egress: Egress;
  readonly credentials: RegistryCredentials | undefined;
  /** Hosts besides the registry's own that its credentials may be sent to, to get a token. */
  readonly realmHosts: readonly string[];
}

export function createRegistrySession({
  host,
  egress,
  credentials,
  realmHosts,
}: RegistrySessionOptions): RegistrySession {
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
    const token = await fetchToken({ egress, challenge, scope, basic, host, realmHosts });
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
        throw new RegistryError(egressCode(error), `${host}/${what}: ${error.message}`, { cause: error });
      throw error;
    }
  };

  return {
    host,
    async call(what, request, accept) {
      const response = await send(what, request);
      if (accept.includes(response.status)) return response;
      const codes = await errorCodes(response);
      const wait = parseRetryAfter(response.headers['retry-after'], Date.now());
      throw new RegistryError(
        codeOf(response.status),
        `${host}/${what}: HTTP ${response.status}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}`,
        wait === undefined ? {} : { retryAfterSeconds: wait },
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

/** What the registry says where it can not be called as configured is not passing; everything else may be. */
function egressCode({ code }: EgressError): RegistryErrorCode {
  switch (code) {
    case 'EGRESS_HOST_NOT_ALLOWED':
    case 'EGRESS_PLAIN_HTTP_REFUSED':
    case 'EGRESS_REDIRECT_REFUSED':
      return 'REGISTRY_DENIED';
    case 'EGRESS_TOO_LARGE':
      return 'REGISTRY_TOO_LARGE';
    case 'EGRESS_TIMEOUT':
    case 'EGRESS_UNREACHABLE':
      return 'REGISTRY_UNAVAILABLE';
  }
}

const errorBody = z.object({ errors: z.array(z.object({ code: z.string() })) });

/** The codes of the distribution specification's error body ("Error Codes"), never its texts. */
export async function errorCodes(response: EgressResponse): Promise<string[]> {
  const body = errorBody.safeParse(await response.body.json().catch(() => undefined));
  if (!body.success) return [];
  return body.data.errors
    .map(({ code }) => code)
    .filter((code) => /^[A-Z_]{3,40}$/.test(code))
    .slice(0, 3);
}
