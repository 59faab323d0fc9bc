/** "Is this version affected?" by the evaluation algorithm of the OSV schema (https://ossf.github.io/osv-schema/#evaluation). */
import type { Ecosystem } from '../sbom/component.ts';
import { compareToNamed, compareVersions } from './compare-versions.ts';
import type { OsvAffected, OsvEvent, OsvRange } from './osv-record.ts';
import type { Order, VersionOrder } from './version-order/order.ts';
import { compareSemver } from './version-order/semver.ts';

export type Evaluation =
  /** `because`: what of the entry matches. */
  | { readonly kind: 'affected'; readonly because: string }
  | { readonly kind: 'unaffected' }
  | { readonly kind: 'undecided'; readonly reason: string };

const UNAFFECTED: Evaluation = { kind: 'unaffected' };

function orderOf(ecosystem: Ecosystem, type: OsvRange['type']): VersionOrder {
  return type === 'SEMVER' && ecosystem !== 'Go' ? compareSemver : (a, b) => compareVersions(ecosystem, a, b);
}

/** The order of what somebody has, first, and of what a range names. */
function namedOrderOf(ecosystem: Ecosystem, type: OsvRange['type']): VersionOrder {
  return type === 'SEMVER' && ecosystem !== 'Go' ? compareSemver : (a, b) => compareToNamed(ecosystem, a, b);
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

/** The stretch of the range that holds the version, in words; undefined where none does. */
function stretchOf(ecosystem: Ecosystem, version: string, range: OsvRange): string | undefined {
  const order = namedOrderOf(ecosystem, range.type);
  const limits = range.events.filter((event) => event.limit !== undefined);
  if (limits.length > 0 && !limits.some((limit) => compareTo(order, version, limit) < 0)) return undefined;
  let from: string | undefined;
  let end = '';
  const events = range.events.filter((one) => one.limit === undefined);
  for (const event of sortEvents(orderOf(ecosystem, range.type), events)) {
    const at = compareTo(order, version, event);
    if (event.introduced !== undefined && at >= 0) from ??= event.introduced;
    else if (event.fixed !== undefined && at >= 0) from = undefined;
    else if (event.last_affected !== undefined && at > 0) from = undefined;
    else if (from !== undefined && event.introduced === undefined) {
      end = event.fixed === undefined ? ` up to ${event.last_affected}` : ` to before ${event.fixed}`;
      break;
    }
  }
  return from === undefined ? undefined : `${from === '0' ? 'the beginning' : from}${end || ' on, and no end'}`;
}

/** Fixed versions above the one asked for, lowest first; Git ranges name none. */
export function fixesAbove(ecosystem: Ecosystem, version: string, ranges: readonly OsvRange[]): readonly string[] {
  const fixes = ranges.flatMap((range) => {
    if (range.type === 'GIT') return [];
    const order = orderOf(ecosystem, range.type);
    return range.events.flatMap(({ fixed }) => (fixed !== undefined && order(fixed, version) === 1 ? [fixed] : []));
  });
  return [...new Set(fixes)].sort((a, b) => compareVersions(ecosystem, a, b) ?? 0);
}

const isListed = (ecosystem: Ecosystem, version: string, versions: readonly string[]) =>
  versions.some((one) => compareToNamed(ecosystem, version, one) === 0);

/**
 * Evaluates one `affected` entry of the component's own package. Git ranges name commits, which components do not carry.
 * An empty version is one that nobody pinned: it is affected only where every version is.
 */
export function evaluateAffected(ecosystem: Ecosystem, version: string, affected: OsvAffected): Evaluation {
  const ranges = affected.ranges.filter((range) => range.type !== 'GIT');
  const hit = (because: string): Evaluation => ({ kind: 'affected', because });
  if (version === '')
    return ranges.some(({ events }) => events.length > 0 && events.every(({ introduced }) => introduced === '0'))
      ? hit('every version is affected')
      : { kind: 'undecided', reason: 'no version of it is pinned' };
  if (affected.versions.includes(version)) return hit(`${version} is in the list of affected versions`);
  if (ranges.length === 0 && affected.versions.length === 0)
    return {
      kind: 'undecided',
      reason: affected.ranges.length > 0 ? 'the advisory names Git commits only' : 'the advisory names no versions',
    };
  let undecided: string | undefined;
  for (const range of ranges) {
    try {
      const stretch = stretchOf(ecosystem, version, range);
      if (stretch !== undefined) return hit(`${version} is in the range from ${stretch}`);
    } catch (error) {
      if (!(error instanceof NotComparable)) throw error;
      undecided = `${error.message} in ${ecosystem}`;
    }
  }
  if (isListed(ecosystem, version, affected.versions))
    return hit(`${version} is in the list of affected versions, in another spelling`);
  return undecided === undefined ? UNAFFECTED : { kind: 'undecided', reason: undecided };
}
