/** By way of what a component is there: which dependency of one's own to upgrade. */
import type { Component } from '../sbom/component.ts';
import { hasReleases } from './package-identity.ts';

/** Longest way looked for: longer ones tell nobody anything. */
const MAXIMUM_LENGTH = 32;
/** Dependencies of one's own that are named for one component, and components that are looked at for them. */
const MOST_DIRECT = 10;
const MOST_LOOKED_AT = 10_000;

type Named = Pick<Component, 'purl' | 'ecosystem'>;

export interface DependencyPaths {
  /**
   * The shortest path of purls from a dependency of one's own to the component, both included: from what the project asks
   * for, or no other one depends on. Undefined where it is such a one itself, in a circle, or a package of an operating system.
   */
  pathTo(component: Named): readonly string[] | undefined;
  /** Purls of all those that depend on it. None for packages of an operating system. */
  dependentsOf(component: Named): readonly string[];
  /** The dependencies of one's own that bring it, nearest first, ten at most. */
  directOf(component: Named): readonly string[];
}

/** Over the components of one stock. Nothing is looked up before it is asked for. */
export function createDependencyPaths(components: readonly Component[]): DependencyPaths {
  let known: Graph | undefined;
  const read = () => {
    known ??= toGraph(components);
    return known;
  };
  return {
    pathTo: ({ purl, ecosystem }) => (hasReleases(ecosystem) ? undefined : shortestPath(purl, read())),
    dependentsOf: ({ purl, ecosystem }) => (hasReleases(ecosystem) ? [] : (read().dependents.get(purl) ?? [])),
    directOf: ({ purl, ecosystem }) => (hasReleases(ecosystem) ? [] : findDirect(purl, read())),
  };
}

interface Graph {
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  isDirect(purl: string): boolean;
}

function toGraph(components: readonly Component[]): Graph {
  const dependents = new Map<string, string[]>();
  const asked = new Set<string>();
  for (const { purl, dependsOn, askedFor } of components) {
    if (askedFor?.some(({ by }) => by === undefined) === true) asked.add(purl);
    for (const needed of dependsOn) {
      const known = dependents.get(needed);
      if (known === undefined) dependents.set(needed, [purl]);
      else known.push(purl);
    }
  }
  return { dependents, isDirect: (purl) => asked.has(purl) || !dependents.has(purl) };
}

function shortestPath(purl: string, { dependents, isDirect }: Graph): string[] | undefined {
  if (isDirect(purl)) return undefined;
  /** From a component to the next one on the way to `purl`. */
  const next = new Map<string, string | undefined>([[purl, undefined]]);
  let front = [purl];
  for (let length = 1; length < MAXIMUM_LENGTH && front.length > 0; length++) {
    const further: string[] = [];
    for (const at of front)
      for (const dependent of dependents.get(at) ?? []) {
        if (next.has(dependent)) continue;
        next.set(dependent, at);
        if (isDirect(dependent)) return follow(dependent, next);
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

/** Breadth first: a set keeps the order things came in. */
function findDirect(purl: string, { dependents, isDirect }: Graph): string[] {
  const found: string[] = [];
  const seen = new Set([purl]);
  for (const at of seen) {
    if (at !== purl && isDirect(at)) found.push(at);
    if (found.length === MOST_DIRECT || seen.size > MOST_LOOKED_AT) break;
    for (const dependent of dependents.get(at) ?? []) seen.add(dependent);
  }
  return found;
}
