/** Scopes of the distribution registry's token specification ("Token Scope Documentation"): what a client asks for. */

export const registryActions = ['pull', 'push', 'delete', '*'] as const;
export type RegistryAction = (typeof registryActions)[number];

/** `repository:shop/web:pull,push`, `registry:catalog:*`; also one entry of a token's `access`. */
export interface RegistryScope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly RegistryAction[];
}

/** A token of a push that mounts from two repositories has three; the rest is room. */
export const MAX_SCOPES = 32;
/** Distribution's own bound of a repository's name, with room for a type and actions around it. */
const MAX_CHARACTERS = 512;

/**
 * Undefined where it is no scope. Actions nobody defined are left out: they would be granted to nobody. The name may hold a
 * colon (a host's port), which is why the type ends at the first and the actions begin after the last.
 */
export function parseRegistryScope(text: string): RegistryScope | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const [, type, name, list] = /^([a-z]+(?:\([a-z]+\))?):([\x21-\x7e]+):([a-z*,]+)$/.exec(text) ?? [];
  if (type === undefined || name === undefined || list === undefined) return undefined;
  const asked = new Set(list.split(','));
  return { type: type.replace(/\(.*/, ''), name, actions: registryActions.filter((action) => asked.has(action)) };
}
