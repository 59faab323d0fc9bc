/**
 * Semantic Versioning 2.0.0, clause 11, over versions as registries carry them: a leading `v`, missing minor or patch
 * (taken as 0) and further numbers are accepted; numbers have no upper bound. Build metadata does not count.
 */
import { compareDigits, type Order, toOrder, type VersionOrder } from './order.ts';

interface SemanticVersion {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
}

const PATTERN = /^[v=]?\s*(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?$/;
const DIGITS = /^\d+$/;

function parseSemver(text: string): SemanticVersion | undefined {
  const match = PATTERN.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return { numbers: match[1].split('.'), prerelease: match[2]?.split('.') ?? [] };
}

/** Clause 11.4: numeric identifiers by value and before alphanumeric ones, those by ASCII, longer lists last. */
function comparePrerelease(a: readonly string[], b: readonly string[]): Order {
  if (a.length === 0 || b.length === 0) return toOrder(b.length - a.length);
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const numeric = [DIGITS.test(left), DIGITS.test(right)] as const;
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    const order = numeric[0] ? compareDigits(left, right) : left < right ? -1 : left > right ? 1 : 0;
    if (order !== 0) return order;
  }
  return toOrder(a.length - b.length);
}

/** Order of npm, Go and crates.io. */
export const compareSemver: VersionOrder = (a, b) => {
  const left = parseSemver(a);
  const right = parseSemver(b);
  if (left === undefined || right === undefined) return undefined;
  for (let index = 0; index < Math.max(left.numbers.length, right.numbers.length); index++) {
    const order = compareDigits(left.numbers[index] ?? '0', right.numbers[index] ?? '0');
    if (order !== 0) return order;
  }
  return comparePrerelease(left.prerelease, right.prerelease);
};
