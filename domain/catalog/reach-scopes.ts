/** Scopes by reachability, for lockfiles that say what the project asks for and not what each package is for. */
import type { LockedPackage } from './locked-packages.ts';

type Scope = NonNullable<LockedPackage['scope']>;

/**
 * Every package gets the strongest scope it is reached with: runtime, then optional, then development. What nothing
 * reaches keeps the scope it has. `optionalEdges` gives the keys a package asks for without needing them.
 */
export function reachScopes(
  packages: readonly LockedPackage[],
  roots: Readonly<Record<Scope, readonly string[]>>,
  optionalEdges: ReadonlyMap<string, readonly string[]> = new Map(),
): LockedPackage[] {
  const requires = new Map(packages.map((one) => [one.key, one.requires]));
  const scopes = new Map<string, Scope>();
  const spread = (starts: readonly string[], scope: Scope): void => {
    const pending = [...starts];
    for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
      if (scopes.has(key) || !requires.has(key)) continue;
      scopes.set(key, scope);
      const optional = scope === 'runtime' ? optionalEdges.get(key) : undefined;
      for (const next of requires.get(key) ?? []) if (optional?.includes(next) !== true) pending.push(next);
    }
  };
  spread(roots.runtime, 'runtime');
  const optional = [...scopes.keys()].flatMap((key) => optionalEdges.get(key) ?? []);
  spread([...roots.optional, ...optional], 'optional');
  spread(roots.development, 'development');
  return packages.map((one) => {
    const scope = scopes.get(one.key) ?? one.scope;
    return scope === undefined ? one : { ...one, scope };
  });
}
