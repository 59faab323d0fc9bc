/**
 * Semantic Versioning 2.0.0, clause 11, over versions as registries carry them: a leading `v`, missing minor or patch
 * (taken as 0) and further numbers are accepted; numbers have no upper bound. Build metadata does not count.
 */
import { compareDigits, compareNumbers, compareText, isDigits, type Order, orderBy, toOrder } from './order.ts';

/** The parts of a semantic version, as text. */
export interface SemanticVersion {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

const PATTERN =
  /^[v=]?\s*(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*)*))?$/i;

/** Undefined where the text is no semantic version, even read leniently. */
export function parseSemver(text: string): SemanticVersion | undefined {
  const match = PATTERN.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return {
    numbers: match[1].split('.'),
    prerelease: match[2]?.split('.') ?? [],
    build: match[3] ? match[3].split('.') : [],
  };
}

/** Clause 11.4: numeric identifiers by value and before alphanumeric ones, those by ASCII, longer lists last. */
export function compareIdentifiers(a: readonly string[], b: readonly string[]): Order {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const numeric = isDigits(left);
    if (numeric !== isDigits(right)) return numeric ? -1 : 1;
    const order = numeric ? compareDigits(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return toOrder(a.length - b.length);
}

/** Clause 11.3: "a pre-release version has lower precedence than the associated normal version". */
export function comparePrecedence(a: SemanticVersion, b: SemanticVersion): Order {
  const order = compareNumbers(a.numbers, b.numbers);
  if (order !== 0) return order;
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return toOrder(b.prerelease.length - a.prerelease.length);
  return compareIdentifiers(a.prerelease, b.prerelease);
}

/** Order of npm, crates.io, Hex, Swift and GitHub Actions. */
export const compareSemver = orderBy(parseSemver, comparePrecedence);
