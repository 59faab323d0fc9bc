/**
 * RPM's `[epoch:]version[-release]` by rpm-version(7) and `rpmvercmp`: runs of digits and of letters, a tilde before
 * everything, even the end, and a caret after the end but before anything else.
 */
import { compareDigits, compareText, isDigits, type Order, orderBy, toOrder } from './order.ts';

interface RpmVersion {
  readonly epoch: string;
  readonly version: readonly string[];
  /** Undefined where none is named, which is before every one that is. */
  readonly release: readonly string[] | undefined;
}

/** Runs of digits, of letters, and the two signs that count; everything else only separates. */
const segmentsOf = (text: string): readonly string[] => text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];

function parseRpm(text: string): RpmVersion | undefined {
  const [, epoch, rest] = /^(?:(\d+):)?(\S+)$/.exec(text.trim()) ?? [];
  if (rest === undefined) return undefined;
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: epoch ?? '0',
    version: segmentsOf(hyphen < 0 ? rest : rest.slice(0, hyphen)),
    release: hyphen < 0 ? undefined : segmentsOf(rest.slice(hyphen + 1)),
  };
}

/** The end is after a tilde, before a caret, and before everything else. */
function compareWithEnd(segment: string): Order {
  return segment === '~' ? -1 : 1;
}

function compareSegment(a: string, b: string): Order {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === '^' || b === '^') return a === '^' ? -1 : 1;
  const numeric = isDigits(a);
  if (numeric !== isDigits(b)) return numeric ? 1 : -1;
  return numeric ? compareDigits(a, b) : compareText(a, b);
}

function compareSegments(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined) return toOrder(-compareWithEnd(right!));
    const order = right === undefined ? compareWithEnd(left) : compareSegment(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function compareReleases(a: RpmVersion['release'], b: RpmVersion['release']): Order {
  if (a === undefined || b === undefined) return toOrder(Number(a !== undefined) - Number(b !== undefined));
  return compareSegments(a, b);
}

/** Order of Red Hat, Rocky, AlmaLinux, SUSE and openSUSE packages. */
export const compareRpm = orderBy(
  parseRpm,
  (a, b) =>
    compareDigits(a.epoch, b.epoch) || compareSegments(a.version, b.version) || compareReleases(a.release, b.release),
);
