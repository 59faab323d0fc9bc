/** Patterns of repositories and source addresses in the policy: `*` within one segment, `**` across segments. */

/** More wildcards than this make matching slow and mean a list was wanted. */
export const MAXIMUM_WILDCARDS = 8;

export function wildcardsIn(pattern: string): number {
  return pattern.match(/\*+/g)?.length ?? 0;
}

/**
 * Whether `pattern` matches the whole of `name`. `team/*` matches `team/shop` and not `team/shop/web`; `team/**` matches
 * both; `**\/web` matches `web` too.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern.replace(/\*\*\/|\*\*+|\*|[^*]+/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '*') return '[^/]*';
    return token.startsWith('*') ? '.*' : token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's').test(name);
}
