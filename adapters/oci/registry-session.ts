/** Calls to one registry: addresses, credentials, and status codes as RegistryErrors. */
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { RegistryError, type RegistryErrorCode } from '../../domain/artifact/registry.ts';
import type { EgressRequest, EgressResponse } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import { parseRetryAfter } from '../egress/retry.ts';
import { type AuthorizerOptions, createAuthorizer } from './authorizer.ts';

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

export function createRegistrySession(options: AuthorizerOptions): RegistrySession {
  const { host, egress } = options;
  const plain = options.plainHttp ?? isLoopbackHost(host);
  const base = `${plain ? 'http' : 'https'}://${host}`;
  const authorizer = createAuthorizer(options);

  const send = async (what: string, request: Parameters<RegistrySession['call']>[1]): Promise<EgressResponse> => {
    const { path, scope = '', ...rest } = request;
    const url = path.startsWith('http') ? path : `${base}${path}`;
    const withAuth = (authorization: string | undefined) =>
      egress.send({
        ...rest,
        url,
        headers: { ...rest.headers, ...(authorization === undefined ? {} : { authorization }) },
      });
    try {
      const used = await authorizer.known(scope);
      const first = await withAuth(used);
      const response = first.status === 401 ? await letGo(first) : first;
      const asked = response.status === 401 ? response.headers['www-authenticate'] : undefined;
      if (asked === undefined) return response;
      const fresh = await authorizer.answer(asked, scope, used);
      if (fresh === undefined || fresh === used) return response;
      return await withAuth(fresh);
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
        { status: response.status, ...(wait === undefined ? {} : { retryAfterSeconds: wait }) },
      );
    },
    resolve(location) {
      const url = new URL(location, base);
      // The configured name may have capitals, or the protocol's own port.
      if (url.host !== new URL(base).host)
        throw new RegistryError(
          'REGISTRY_REFUSED',
          `${host} points to another host (${url.host}): that is not followed`,
        );
      // Registries behind a proxy answer with the scheme they see.
      return `${base}${url.pathname}${url.search}`;
    },
  };
}

/** With its body read: the connection it held may be the one that a token is asked for over. */
async function letGo(refusal: EgressResponse): Promise<EgressResponse> {
  const said = await refusal.body.json().catch(() => undefined);
  return { ...refusal, body: { ...refusal.body, json: async () => said } };
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

/** The codes of the distribution specification's error body ("Error Codes"), never its texts. */
export async function errorCodes(response: EgressResponse): Promise<string[]> {
  const body: unknown = await response.body.json().catch(() => undefined);
  const errors = isObject(body) && Array.isArray(body.errors) ? (body.errors as unknown[]) : [];
  const codes = errors.map((error) => (isObject(error) ? error.code : undefined));
  // One that is no text is none of that specification.
  if (!codes.every((code) => typeof code === 'string')) return [];
  return codes.filter((code) => /^[A-Z_]{3,40}$/.test(code)).slice(0, 3);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
