/** Whether a fixed version can be there without another package first: from the ranges that lockfiles keep. */
import type { Component } from '../sbom/component.ts';
import { allowsVersion } from './allows-version.ts';
import type { DependencyPaths } from './dependency-paths.ts';

/**
 * What stands between a component and a fixed version of it.
 * `within-ranges`: all that ask for it allow that version, so that the lockfile alone has to change (NuGet, which takes the lowest
 * that all allow, has to be asked for it by the project).
 * `held`: `heldBy` do not allow it, or bring a copy of their own, and have to change first.
 * `unknown`: the source keeps no ranges, or not all of them could be read.
 */
export interface Reach {
  readonly kind: 'within-ranges' | 'held' | 'unknown';
  /** The version it is about. */
  readonly version: string;
  /** Purls of the dependencies of one's own that bring it, nearest first, ten at most; none where it is one itself. */
  readonly direct: readonly string[];
  /** Ten at most. */
  readonly heldBy?: readonly Holder[];
}

export interface Holder {
  /** Purl; absent for the project itself. */
  readonly by?: string;
  /** What it asks for; absent where it brings a copy of its own. */
  readonly range?: string;
}

const MOST_HOLDERS = 10;

/** Undefined where nobody is known to ask for the component: there is nothing to find out. */
export function findReach(component: Component, version: string, paths: DependencyPaths): Reach | undefined {
  const dependents = paths.dependentsOf(component);
  const { askedFor: asked = [], ecosystem } = component;
  if (dependents.length === 0 && asked.length === 0) return undefined;
  const known = { version, direct: paths.directOf(component) };
  if (component.bundled === true || component.checksum === 'bundled')
    return { kind: 'held', ...known, heldBy: dependents.slice(0, MOST_HOLDERS).map((by) => ({ by })) };
  const holders = new Map<string, Holder>();
  const saying = new Set<string | undefined>();
  let isSure = true;
  for (const { by, range } of asked) {
    saying.add(by);
    const allows = allowsVersion(ecosystem, range, version);
    if (allows === undefined) isSure = false;
    if (allows === false) holders.set(`${by ?? ''} ${range}`, by === undefined ? { range } : { by, range });
  }
  if (holders.size > 0) return { kind: 'held', ...known, heldBy: [...holders.values()].slice(0, MOST_HOLDERS) };
  const isWhole = isSure && dependents.every((dependent) => saying.has(dependent));
  return { kind: isWhole ? 'within-ranges' : 'unknown', ...known };
}
