/**
 * A version that is the distribution's in one stock and somebody's own in another is two rows of `component`, matched apart. What a
 * row is found by is its purl, behind which stands the distribution where it is left to one.
 */
import { type RawBuilder, sql } from 'kysely';
import { createStandings } from '../../domain/advisory/left-to-distribution.ts';
import type { Component } from '../../domain/sbom/component.ts';

/** Begins as a subpath does: whoever looks for a purl without qualifiers finds both. */
const LEFT_TO = '#left-to:';

interface ComponentKey {
  readonly key: string;
  /** As `distributionKey` has it; null where it is nobody else's. */
  readonly leftTo: string | null;
}

/** By the components of the same stock. */
export function createComponentKeys(components: readonly Component[]): (component: Component) => ComponentKey {
  const standingOf = createStandings(components);
  return (component) => {
    const standing = standingOf(component);
    return standing.kind === 'left'
      ? { key: `${component.purl}${LEFT_TO}${standing.distribution}`, leftTo: standing.distribution }
      : { key: component.purl, leftTo: null };
  };
}

/** The purl of the row `c` of `component`, as people know it. */
export const shownPurl: RawBuilder<string> = sql`split_part(c.purl, ${sql.lit(LEFT_TO)}, 1)`;
