/** Distribution's token authentication: a registry names a realm, and the realm gives tokens for scopes. */
import { z } from 'zod';
import { RegistryError } from '../../domain/artifact/registry.ts';
import type { Egress } from '../egress/egress.ts';

/** Seconds a token is used when the server does not say; the token specification's floor. */
const TOKEN_SECONDS = 60;
const MAX_TOKEN_BYTES = 65_536;
/** A token is used for nine tenths of its life, so that it does not end on the way. */
const USED_MS_PER_SECOND = 900;

const answer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().max(86_400).optional(),
});

/** The parameters of a `WWW-Authenticate` header (RFC 7235), names in lower case. */
export function parseChallenge(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
}

export interface TokenRequest {
  readonly egress: Egress;
  readonly challenge: Readonly<Record<string, string>>;
  /** Several are separated by a space. */
  readonly scope: string;
  /** The registry's credentials as a Basic `Authorization`; without, an anonymous token is asked for. */
  readonly basic: string | undefined;
  readonly host: string;
  readonly realmHosts: readonly string[];
}

/** The realm is the registry's word: credentials go to it only where it is the registry itself, or configured. */
export async function fetchToken(request: TokenRequest): Promise<{ authorization: string; expires: number }> {
  const { egress, challenge, scope, basic, host, realmHosts } = request;
  if (challenge.realm === undefined || !URL.canParse(challenge.realm))
    throw new RegistryError('REGISTRY_DENIED', `${host} asks for a token without saying where`);
  const url = new URL(challenge.realm);
  if (basic !== undefined && url.host !== host && !realmHosts.includes(url.host))
    throw new RegistryError(
      'REGISTRY_DENIED',
      `${host} sends its users to ${url.host} for a token: name that host in the configuration to let it have the credentials`,
    );
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  for (const part of scope.split(' ')) if (part !== '') url.searchParams.append('scope', part);
  const response = await egress.send({
    method: 'GET',
    url: url.href,
    headers: basic === undefined ? {} : { authorization: basic },
    maxBytes: MAX_TOKEN_BYTES,
  });
  if (response.status !== 200) {
    await response.body.dump();
    const passing = response.status === 429 || response.status >= 500;
    throw new RegistryError(
      passing ? 'REGISTRY_UNAVAILABLE' : 'REGISTRY_DENIED',
      `${url.host} gave no token for ${host}: HTTP ${response.status}${passing ? '' : '. Check the credentials'}`,
    );
  }
  const { data } = answer.safeParse(await response.body.json());
  const token = data?.token ?? data?.access_token;
  if (token === undefined) throw new RegistryError('REGISTRY_DENIED', `${url.host} answered without a token`);
  const seconds = data?.expires_in ?? TOKEN_SECONDS;
  return { authorization: `Bearer ${token}`, expires: Date.now() + USED_MS_PER_SECOND * seconds };
}
