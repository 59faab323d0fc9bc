/** -1 where the first comes before the second, 1 where it comes after, 0 where they are the same version. */
export type Order = -1 | 0 | 1;

/** An ecosystem's version order; undefined where either text is no version of that ecosystem. */
export type VersionOrder = (a: string, b: string) => Order | undefined;

export function toOrder(difference: number | bigint): Order {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

/** Order of two strings of ASCII digits by their value, whatever their length and leading zeros. */
export function compareDigits(a: string, b: string): Order {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return toOrder(left.length - right.length);
  return left < right ? -1 : left > right ? 1 : 0;
}
