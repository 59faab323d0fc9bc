/** By way of what a component is there: which dependency of one's own to upgrade. */
import type { Component } from '../sbom/component.ts';
import { hasReleases } from './package-identity.ts';

/** Longest way looked for: longer ones tell nobody anything. */
const MAXIMUM_LENGTH = 32;

/**
 * Answers the shortest path of purls from a component that no other one depends on to the one asked for, both included;
 * undefined where it is such a component itself, in a circle, or a package of an operating system.
 */
export function createDependencyPaths(
  components: readonly Component[],
): (component: Pick<Component, 'purl' | 'ecosystem'>) => readonly string[] | undefined {
  let dependents: Map<string, string[]> | undefined;
  const readDependents = () => {
    dependents ??= invert(components);
    return dependents;
  };
  return ({ purl, ecosystem }) => (hasReleases(ecosystem) ? undefined : shortestPath(purl, readDependents()));
}

function invert(components: readonly Component[]): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const { purl, dependsOn } of components)
    for (const needed of dependsOn) {
      const known = dependents.get(needed);
      if (known === undefined) dependents.set(needed, [purl]);
      else known.push(purl);
    }
  return dependents;
}

function shortestPath(purl: string, dependents: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  if (!dependents.has(purl)) return undefined;
  /** From a component to the next one on the way to `purl`. */
  const next = new Map<string, string | undefined>([[purl, undefined]]);
  let front = [purl];
  for (let length = 1; length < MAXIMUM_LENGTH && front.length > 0; length++) {
    const further: string[] = [];
    for (const at of front)
      for (const dependent of dependents.get(at) ?? []) {
        if (next.has(dependent)) continue;
        next.set(dependent, at);
        if (!dependents.has(dependent)) return follow(dependent, next);
        further.push(dependent);
      }
    front = further;
  }
  return undefined;
}

function follow(from: string, next: ReadonlyMap<string, string | undefined>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = from; at !== undefined; at = next.get(at)) path.push(at);
  return path;
}
