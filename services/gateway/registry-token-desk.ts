/** Decides about tokens for the registry: who asks, what they may do of what they ask for, and what is told of it. */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { leftPlaces } from '../../adapters/postgres/left-places.ts';
import { recordRefusedWrite } from '../../adapters/postgres/refused-writes.ts';
import { createCounter } from '../../adapters/telemetry/instruments.ts';
import { grantRegistryActions, type RegistryIdentity } from '../../domain/identity/registry-access.ts';
import { MAX_SCOPES, parseRegistryScope, type RegistryScope } from '../../domain/identity/registry-scope.ts';
import { ApiError } from './api-error.ts';
import type { GatewayDependencies, RegistryTokens } from './gateway-server.ts';
import { createRateLimit } from './rate-limit.ts';
import { identifyRegistryCaller, type RegistryCaller, type RegistryLogin } from './registry-login.ts';

/** A token, in the words of distribution's specification and of OAuth 2.0. */
export interface RegistryTokenAnswer {
  token: string;
  access_token: string;
  expires_in: number;
  issued_at: string;
  scope: string;
}

export interface RegistryTokenDesk {
  /** Throws 401 where the password is nobody's, 429 where it is shown too often. */
  identify(login: RegistryLogin | undefined, request: FastifyRequest): Promise<RegistryCaller>;
  /** `scopes` as they came: each may hold several. Throws 400 where they are not for this registry, or too many. */
  answer(
    caller: RegistryCaller,
    asked: { readonly service: string | undefined; readonly scopes: readonly string[] },
    request: FastifyRequest,
  ): Promise<RegistryTokenAnswer>;
}

/** Of one identity; the worker of a large installation asks a few times a second. Wrong passwords are counted by address. */
const LIMIT = { burst: 500, perSecond: 50 };
const REFUSED_LIMIT = { burst: 20, perSecond: 1 };

export function createRegistryTokenDesk(deps: GatewayDependencies, tokens: RegistryTokens): RegistryTokenDesk {
  const calls = createCounter('pratique_registry_tokens_total');
  const callers = createRateLimit(LIMIT);
  const refused = createRateLimit(REFUSED_LIMIT);
  const refuse = (outcome: 'limited' | 'unauthorized', error: ApiError): never => {
    calls.add(1, { outcome });
    throw error;
  };
  return {
    async identify(login, request) {
      const known =
        login === undefined ? undefined : await identifyRegistryCaller(login, tokens.services, deps.tokens, sha256);
      const isInTime =
        known === undefined ? refused.take(request.ip, Date.now()) : callers.take(known.account, Date.now());
      if (!isInTime) return refuse('limited', TOO_MANY);
      return known ?? refuse('unauthorized', UNKNOWN);
    },
    async answer({ identity, subject }, asked, request) {
      checkService(asked.service, tokens.issuer.service);
      const decided = await decide(deps, identity, parseScopes(asked.scopes));
      // Pratique's own hands ask for the widest token once.
      if (identity.kind === 'token') await tellOfRefusals(deps, subject, decided, request);
      const access = decided.map(({ scope, granted }) => ({ ...scope, actions: granted })).filter(isSomething);
      const isReduced = decided.some(({ scope, granted }) => granted.length < scope.actions.length);
      calls.add(1, { outcome: isReduced ? 'reduced' : 'granted' });
      const { token, expiresIn, issuedAt } = tokens.issuer.issue(subject, access, new Date());
      return {
        token,
        access_token: token,
        expires_in: expiresIn,
        issued_at: issuedAt.toISOString(),
        scope: access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' '),
      };
    },
  };
}

const TOO_MANY = new ApiError(429, 'RATE_LIMITED', 'too many tokens were asked for', { retryAfterSeconds: 1 });
const UNKNOWN = new ApiError(
  401,
  'UNAUTHENTICATED',
  'the registry takes an API token as password, with any user name',
  {
    hint: 'docker login <registry> --username me --password-stdin < token; an admin makes one with "pratique token create"',
  },
);

interface Decision {
  readonly scope: RegistryScope;
  readonly granted: RegistryScope['actions'];
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const isSomething = ({ actions }: RegistryScope) => actions.length > 0;

async function decide(
  { ports, db }: GatewayDependencies,
  identity: RegistryIdentity,
  scopes: readonly RegistryScope[],
): Promise<readonly Decision[]> {
  // A login asks for nothing, and needs no policy.
  if (scopes.length === 0) return [];
  const policy = await ports.policies.current();
  const left = await leftPlaces(db, identity.kind === 'service' ? scopes.map(({ name }) => name) : []);
  return scopes.map((scope) => ({
    scope,
    granted: grantRegistryActions(identity, scope, policy, left.has(scope.name)),
  }));
}

function checkService(asked: string | undefined, expected: string): void {
  if (asked === undefined || asked === expected) return;
  throw new ApiError(400, 'INVALID_REQUEST', 'tokens are made for another service here', {
    place: 'service',
    hint: "auth.token.service of the registry must be the gateway's PRATIQUE_REGISTRY_TOKEN_SERVICE",
  });
}

/** What is no scope is left out, as what nobody may do is: the token then does not allow it. */
function parseScopes(texts: readonly string[]): RegistryScope[] {
  const parts = texts.flatMap((text) => text.split(' ')).filter((part) => part !== '');
  if (parts.length > MAX_SCOPES)
    throw new ApiError(400, 'INVALID_REQUEST', `at most ${MAX_SCOPES} scopes in one token`, { place: 'scope' });
  return parts.flatMap((part) => parseRegistryScope(part) ?? []);
}

/** What a known identity wanted to write and may not. */
async function tellOfRefusals(
  { db }: GatewayDependencies,
  subject: string,
  decided: readonly Decision[],
  request: FastifyRequest,
): Promise<void> {
  for (const { scope, granted } of decided) {
    const actions = scope.actions.filter((action) => action !== 'pull' && !granted.includes(action));
    if (actions.length === 0) continue;
    request.log.warn({ subject, repository: scope.name, actions }, 'a write to the registry was refused');
    await recordRefusedWrite(db, { subject, repository: scope.name, actions });
  }
}
