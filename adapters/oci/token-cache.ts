/** Tokens by what they were asked for: one that was asked for more does for less, so that a pipeline's hundred calls ask seldom. */
import { parseRegistryScope, type RegistryScope } from '../../domain/identity/registry-scope.ts';

export interface CachedToken {
  readonly authorization: Promise<string>;
  /** Milliseconds since 1970; infinite until the token is there. */
  expires: number;
}

export interface TokenCache {
  /** A token that was asked for at least `scope` and can still be used. */
  find(scope: string, now: number): CachedToken | undefined;
  add(scope: string, token: CachedToken): void;
  remove(token: CachedToken): void;
}

interface Entry {
  readonly token: CachedToken;
  readonly parts: readonly RegistryScope[];
}

const MAX_TOKENS = 1000;

export function createTokenCache(): TokenCache {
  /** By each name a token was asked for; the empty name has those that were asked for nothing. */
  let byName = new Map<string, Entry[]>();
  let size = 0;
  return {
    find(scope, now) {
      const wanted = partsOf(scope);
      return byName
        .get(nameOf(wanted[0]))
        ?.find(({ token, parts }) => token.expires > now && wanted.every((part) => isCovered(part, parts)))?.token;
    },
    add(scope, token) {
      if (size >= MAX_TOKENS) {
        byName = new Map();
        size = 0;
      }
      size += 1;
      const entry = { token, parts: partsOf(scope) };
      for (const name of new Set(entry.parts.length === 0 ? [''] : entry.parts.map(nameOf)))
        byName.set(name, [entry, ...(byName.get(name) ?? []).filter((other) => other.token.expires > Date.now())]);
    },
    remove(token) {
      for (const [name, entries] of byName)
        byName.set(
          name,
          entries.filter((entry) => entry.token !== token),
        );
    },
  };
}

function partsOf(scope: string): RegistryScope[] {
  return scope.split(' ').flatMap((part) => parseRegistryScope(part) ?? []);
}

const nameOf = (part: RegistryScope | undefined): string => (part === undefined ? '' : `${part.type}:${part.name}`);

function isCovered(wanted: RegistryScope, parts: readonly RegistryScope[]): boolean {
  return parts.some(
    ({ type, name, actions }) =>
      type === wanted.type && name === wanted.name && wanted.actions.every((action) => actions.includes(action)),
  );
}
