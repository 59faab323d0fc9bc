/** Packages of a change: those that are new, and those that are the same by name and not by what stands behind it. */
import type { Component } from '../sbom/component.ts';

export interface Arrival {
  readonly component: Component;
  /** The very same package URL on the other side, where it was there before. */
  readonly same: Component | undefined;
  /** Every version of the same name on the other side; empty for a name that is new. */
  readonly before: readonly Component[];
}

/** Every component of `head`, with what `base` has of the same name. */
export function arrivalsIn(base: readonly Component[], head: readonly Component[]): Arrival[] {
  const byPurl = new Map(base.map((component) => [component.purl, component]));
  const byName = Map.groupBy(base, nameKey);
  return head.map((component) => ({
    component,
    same: byPurl.get(component.purl),
    before: byName.get(nameKey(component)) ?? [],
  }));
}

/** Components whose package URL `base` does not have. */
export function arrivedIn(base: readonly Component[], head: readonly Component[]): Component[] {
  const known = new Set(base.map(({ purl }) => purl));
  return head.filter(({ purl }) => !known.has(purl));
}

function nameKey({ ecosystem, advisoryName }: Component): string {
  return `${ecosystem} ${advisoryName}`;
}
