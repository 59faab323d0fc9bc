/** "Is this version affected?" by the evaluation algorithm of the OSV schema (https://ossf.github.io/osv-schema/#evaluation). */
import type { Ecosystem } from '../sbom/component.ts';
import { compareVersions } from './compare-versions.ts';
import type { OsvAffected, OsvEvent, OsvRange } from './osv-record.ts';
import type { Order, VersionOrder } from './version-order/order.ts';
import { compareSemver } from './version-order/semver.ts';

export type Evaluation =
  /** `fixedIn`: lowest fixed version above the one asked for. */
  | { readonly kind: 'affected'; readonly fixedIn?: string }
  | { readonly kind: 'unaffected' }
  | { readonly kind: 'undecided'; readonly reason: string };

const UNAFFECTED: Evaluation = { kind: 'unaffected' };

function orderOf(ecosystem: Ecosystem, type: OsvRange['type']): VersionOrder {
  return type === 'SEMVER' && ecosystem !== 'Go' ? compareSemver : (a, b) => compareVersions(ecosystem, a, b);
}

/** Position of an event: `0` is before every version, `*` after every one. */
function position(event: OsvEvent): string {
  return event.introduced ?? event.fixed ?? event.last_affected ?? event.limit ?? '';
}

class NotComparable extends Error {}

/** Throws NotComparable, so that sorting and walking stay straight; it never leaves this file. */
function compareTo(order: VersionOrder, version: string, event: OsvEvent): Order {
  const at = position(event);
  if (event.introduced === '0') return 1;
  if (event.limit === '*') return -1;
  const result = order(version, at);
  if (result === undefined) throw new NotComparable(`${version} and ${at} have no order`);
  return result;
}

function sortEvents(order: VersionOrder, events: readonly OsvEvent[]): OsvEvent[] {
  return [...events].sort((a, b) => {
    if (a.introduced === '0' || b.introduced === '0')
      return a.introduced === b.introduced ? 0 : a.introduced === '0' ? -1 : 1;
    return compareTo(order, position(a), b);
  });
}

function includedInRange(order: VersionOrder, version: string, range: OsvRange): boolean {
  const limits = range.events.filter((event) => event.limit !== undefined);
  if (limits.length > 0 && !limits.some((limit) => compareTo(order, version, limit) < 0)) return false;
  let vulnerable = false;
  for (const event of sortEvents(
    order,
    range.events.filter((one) => one.limit === undefined),
  )) {
    const at = compareTo(order, version, event);
    if (event.introduced !== undefined && at >= 0) vulnerable = true;
    else if (event.fixed !== undefined && at >= 0) vulnerable = false;
    else if (event.last_affected !== undefined && at > 0) vulnerable = false;
  }
  return vulnerable;
}

function nearestFix(ecosystem: Ecosystem, version: string, ranges: readonly OsvRange[]): string | undefined {
  let nearest: string | undefined;
  for (const range of ranges) {
    const order = orderOf(ecosystem, range.type);
    for (const { fixed } of range.events) {
      if (fixed === undefined || order(fixed, version) !== 1) continue;
      if (nearest === undefined || order(fixed, nearest) === -1) nearest = fixed;
    }
  }
  return nearest;
}

function isListed(ecosystem: Ecosystem, version: string, versions: readonly string[]): boolean {
  return versions.includes(version) || versions.some((one) => compareVersions(ecosystem, one, version) === 0);
}

/** Evaluates one `affected` entry of the component's own package. Git ranges name commits, which components do not carry. */
export function evaluateAffected(ecosystem: Ecosystem, version: string, affected: OsvAffected): Evaluation {
  const ranges = affected.ranges.filter((range) => range.type !== 'GIT');
  const hit = (): Evaluation => {
    const fixedIn = nearestFix(ecosystem, version, ranges);
    return fixedIn === undefined ? { kind: 'affected' } : { kind: 'affected', fixedIn };
  };
  if (isListed(ecosystem, version, affected.versions)) return hit();
  if (ranges.length === 0 && affected.versions.length === 0)
    return {
      kind: 'undecided',
      reason: affected.ranges.length > 0 ? 'the advisory names Git commits only' : 'the advisory names no versions',
    };
  let undecided: string | undefined;
  for (const range of ranges) {
    try {
      if (includedInRange(orderOf(ecosystem, range.type), version, range)) return hit();
    } catch (error) {
      if (!(error instanceof NotComparable)) throw error;
      undecided = `${error.message} in ${ecosystem}`;
    }
  }
  return undecided === undefined ? UNAFFECTED : { kind: 'undecided', reason: undecided };
}
