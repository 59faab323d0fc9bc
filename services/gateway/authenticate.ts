import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import type { TokenIdentity, TokenStore } from '../../adapters/postgres/token-store.ts';
import { allows, type Permission, rolesWith } from '../../domain/identity/role.ts';
import { ApiError } from './api-error.ts';
import type { RequestGuard } from './request-limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route of the API: who the token belongs to. */
    identity: TokenIdentity;
  }
  interface FastifyContextConfig {
    /** What the caller's role must allow. A route of the API without one does not start. */
    permission?: Permission;
  }
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** The bearer token of a request; undefined where there is none or it is no token68-like text (RFC 6750, 2.1). */
export function bearerOf(request: FastifyRequest): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** Compares in constant time, whatever the lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/**
 * The identity behind a request's token. Throws 401 without saying what is wrong with the token, and 429 where it, or the
 * address of one that has none, asks too often.
 */
export async function identify(
  tokens: TokenStore,
  guard: RequestGuard,
  request: FastifyRequest,
): Promise<TokenIdentity> {
  const text = bearerOf(request);
  const identity = text === undefined ? undefined : await tokens.verify(text);
  guard(identity?.tokenId ?? `address ${request.ip}`);
  if (identity !== undefined) return identity;
  throw new ApiError(401, 'UNAUTHENTICATED', 'a valid API token is needed: Authorization: Bearer prq_…', {
    hint: 'an admin makes one with "pratique token create"',
  });
}

/** Puts authentication and the check of the route's permission before every route registered on `api` from here on. */
export function requirePermissions(api: FastifyInstance, tokens: TokenStore, guard: RequestGuard): void {
  api.decorateRequest('identity');
  api.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.permission === undefined) throw new TypeError(`${route.method} ${route.url} names no permission`);
  });
  api.addHook('onRequest', async (request) => {
    request.identity = await identify(tokens, guard, request);
    const permission = request.routeOptions.config.permission;
    if (permission === undefined || allows(request.identity.role, permission)) return;
    throw new ApiError(403, 'FORBIDDEN', `the role ${request.identity.role} does not allow ${permission}`, {
      hint: `it takes one of: ${rolesWith(permission).join(', ')}`,
    });
  });
}
