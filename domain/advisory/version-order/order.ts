/** -1 where the first comes before the second, 1 where it comes after, 0 where they are the same version. */
export type Order = -1 | 0 | 1;

/** An ecosystem's version order; undefined where either text is no version of that ecosystem. */
export type VersionOrder = (a: string, b: string) => Order | undefined;

export function toOrder(difference: number | bigint): Order {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

/** Order of two strings of ASCII digits by their value, whatever their length and leading zeros. */
export function compareDigits(a: string, b: string): Order {
  if (a === b) return 0;
  const left = withoutLeadingZeros(a);
  const right = withoutLeadingZeros(b);
  if (left.length !== right.length) return toOrder(left.length - right.length);
  return left < right ? -1 : left > right ? 1 : 0;
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === 48) start++;
  return start === 0 ? digits : digits.slice(start);
}

/** Order of two texts by UTF-16 code units, which for ASCII is that of strcmp(3). */
export function compareText(a: string, b: string): Order {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of two lists of digits; what the shorter one lacks counts as `missing`. */
export function compareNumbers(a: readonly string[], b: readonly string[], missing = '0'): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = compareDigits(a[index] ?? missing, b[index] ?? missing);
    if (order !== 0) return order;
  }
  return 0;
}

export const isDigits = (text: string): boolean => /^\d+$/.test(text);

/** Parsed versions kept by each order: one component is compared with the events of many advisories, and many with one. */
const KEPT = 10_000;

/** An order over parsed versions. `parse` gives undefined for a text that is no version. */
export function orderBy<Version extends object>(
  parse: (text: string) => Version | undefined,
  compare: (a: Version, b: Version) => Order,
): VersionOrder {
  let kept = new Map<string, Version | undefined>();
  const read = (text: string): Version | undefined => {
    const known = kept.get(text);
    if (known !== undefined || kept.has(text)) return known;
    const parsed = parse(text);
    if (kept.size >= KEPT) kept = new Map();
    kept.set(text, parsed);
    return parsed;
  };
  return (a, b) => {
    const left = read(a);
    const right = read(b);
    return left === undefined || right === undefined ? undefined : compare(left, right);
  };
}
