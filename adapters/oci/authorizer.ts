import type { Egress } from '../egress/egress.ts';
import type { CredentialSource, RegistryCredentials } from './registry-credentials.ts';
import { basicAuthorization, type Challenge, fetchToken, parseChallenge } from './registry-token.ts';
import { type CachedToken, createTokenCache } from './token-cache.ts';

/** Who we are to one registry. */
export interface AuthorizerOptions {
  /** `host[:port]` */
  readonly host: string;
  readonly egress: Egress;
  readonly credentials?: RegistryCredentials | CredentialSource;
  /** Whether it is spoken to without TLS; unless given, where it is on a loopback address. Others must be among the egress' `plainHttpHosts`. */
  readonly plainHttp?: boolean;
  /** Hosts besides the registry's own that its credentials may be sent to, to get a token (`auth.docker.io`). */
  readonly realmHosts?: readonly string[];
}

/** The `authorization` header for calls to one registry. Scopes are separated by a space. */
export interface Authorizer {
  /** What the registry asked for before, for this scope; undefined where it asked for nothing yet. */
  known(scope: string): Promise<string | undefined>;
  /** Answers a 401 that `used` was met with; undefined where we have nothing to offer. Throws a RegistryError where no token is to be had. */
  answer(header: string, scope: string, used: string | undefined): Promise<string | undefined>;
}

export function createAuthorizer({ host, egress, credentials, realmHosts = [] }: AuthorizerOptions): Authorizer {
  const tokens = createTokenCache();
  let challenge: Challenge | undefined;
  const source = sourceOf(credentials);

  const basic = async (): Promise<string | undefined> => {
    const current = await source.current();
    return current === undefined ? undefined : basicAuthorization(current);
  };

  const bearer = (asked: Extract<Challenge, { scheme: 'bearer' }>, scope: string): Promise<string> => {
    const known = tokens.find(scope, Date.now());
    if (known !== undefined) return known.authorization;
    // One request for all that wait for the same token.
    const entry: CachedToken = { authorization: obtain(), expires: Number.POSITIVE_INFINITY };
    async function obtain(): Promise<string> {
      try {
        const token = await fetchToken(egress, asked, { scope, basic: await basic(), host, realmHosts });
        entry.expires = token.expires;
        return token.authorization;
      } catch (error) {
        tokens.remove(entry);
        source.refused();
        throw error;
      }
    }
    tokens.add(scope, entry);
    return entry.authorization;
  };

  const authorize = async (scope: string) =>
    challenge?.scheme === 'bearer' ? bearer(challenge, scope) : challenge?.scheme === 'basic' ? basic() : undefined;

  return {
    known: authorize,
    async answer(header, scope, used) {
      challenge = parseChallenge(header, host) ?? challenge;
      // Another call may have fetched a new one meanwhile.
      const known = tokens.find(scope, Date.now());
      if (known !== undefined && (await known.authorization) === used) tokens.remove(known);
      else if (challenge?.scheme === 'basic' && used === (await basic())) source.refused();
      return authorize(scope);
    },
  };
}

function sourceOf(credentials: AuthorizerOptions['credentials']): CredentialSource {
  if (credentials !== undefined && 'current' in credentials) return credentials;
  return { current: () => Promise.resolve(credentials), refused: () => undefined };
}
