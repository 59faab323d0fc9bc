/** Patterns of repositories and source addresses in the policy: `*` within one segment, `**` across segments. */

/** Which ends of prefixes of `name` one token reaches, given those reached before it: index i stands for i characters. */
function step(token: string, name: string, reached: readonly boolean[]): boolean[] {
  const next: boolean[] = new Array<boolean>(reached.length).fill(false);
  let seen = false;
  for (let i = 0; i < reached.length; i += 1) {
    const slash = name[i - 1] === '/';
    if (token === '*') next[i] = reached[i] === true || (!slash && next[i - 1] === true);
    else if (token === '**') next[i] = reached[i] === true || next[i - 1] === true;
    else if (token === '**/') next[i] = reached[i] === true || (seen && slash);
    else if (reached[i] === true && name.startsWith(token, i)) next[i + token.length] = true;
    seen ||= reached[i] === true;
  }
  return next;
}

/**
 * Whether `pattern` matches the whole of `name`. `team/*` matches `team/shop` and not `team/shop/web`; `team/**` matches
 * both; `**\/web` matches `web` too. Takes time in proportion to both lengths: a regular expression of eight stars takes
 * minutes on a hostile name.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let reached: boolean[] = [true, ...new Array<boolean>(name.length).fill(false)];
  for (const [token] of pattern.matchAll(/\*\*\/|\*\*|\*|[^*]+/g)) reached = step(token, name, reached);
  return reached[name.length] === true;
}
