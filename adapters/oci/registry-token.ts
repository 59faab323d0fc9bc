/** Distribution's token authentication: a registry names a realm, and the realm gives tokens for scopes. */
import { z } from 'zod';
import { RegistryError } from '../../domain/artifact/registry.ts';
import type { Egress } from '../egress/egress.ts';
import { isAtHost } from '../egress/host-list.ts';
import type { RegistryCredentials } from './registry-credentials.ts';

/** Seconds a token is used when the server does not say, or nothing that makes sense; the token specification's floor. */
const TOKEN_SECONDS = 60;
/** However long a token lasts, it is asked for once a day. */
const MAX_TOKEN_SECONDS = 86_400;
const MAX_TOKEN_BYTES = 65_536;
/** A token is used for nine tenths of its life, so that it does not end on the way. */
const USED_MS_PER_SECOND = 900;

const answer = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().positive().optional().catch(undefined),
});

/** What a `WWW-Authenticate` header asks for (RFC 9110 section 11.6.1). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: URL; readonly service: string | undefined };

/** Undefined where it asks for something else. Throws REGISTRY_DENIED for a realm that is no address. */
export function parseChallenge(header: string, host: string): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\b/i.exec(header)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  if (scheme === 'basic') return { scheme: 'basic' };
  const values = new Map(
    [...header.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
  const realm = values.get('realm') ?? '';
  if (!URL.canParse(realm)) throw new RegistryError('REGISTRY_DENIED', `${host} asks for a token without saying where`);
  return { scheme: 'bearer', realm: new URL(realm), service: values.get('service') };
}

export interface TokenRequest {
  /** Several are separated by a space. */
  readonly scope: string;
  /** The registry's credentials as a Basic `Authorization`; without, an anonymous token is asked for. */
  readonly basic: string | undefined;
  readonly host: string;
  readonly realmHosts: readonly string[];
}

/** The realm is the registry's word: credentials go to it only where it is the registry itself, or configured. */
export async function fetchToken(
  egress: Egress,
  challenge: Extract<Challenge, { scheme: 'bearer' }>,
  { scope, basic, host, realmHosts }: TokenRequest,
): Promise<{ authorization: string; expires: number }> {
  const { realm, service } = challenge;
  if (basic !== undefined && ![host, ...realmHosts].some((named) => isAtHost(realm, named)))
    throw new RegistryError(
      'REGISTRY_DENIED',
      `${host} sends its users to ${realm.host} for a token: name that host in PRATIQUE_REGISTRY_REALM_HOSTS to let it have the credentials`,
    );
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
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
      `${realm.host} gave no token for ${host}: HTTP ${response.status}${passing ? '' : '. Check the credentials'}`,
    );
  }
  const { data } = answer.safeParse(await response.body.json());
  const token = data?.token || data?.access_token;
  if (!token) throw new RegistryError('REGISTRY_DENIED', `${realm.host} answered without a token`);
  const seconds = Math.min(data?.expires_in ?? TOKEN_SECONDS, MAX_TOKEN_SECONDS);
  return { authorization: `Bearer ${token}`, expires: Date.now() + USED_MS_PER_SECOND * seconds };
}

/** RFC 7617. */
export function basicAuthorization({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
