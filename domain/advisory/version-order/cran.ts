/**
 * R's package versions (`package_version` of R's base, Writing R Extensions 1.1.1): numbers apart by `.` or `-`, compared
 * one by one; of two that agree the longer one is later. Haskell's `Data.Version` has the same order.
 */
import { compareDigits, type Order, orderBy, toOrder } from './order.ts';

const PATTERN = /^\d+(?:[.-]\d+)*$/;

function compareSeries(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareDigits(a[index]!, b[index]!);
    if (order !== 0) return order;
  }
  return toOrder(a.length - b.length);
}

export const compareCran = orderBy(
  (text) => (PATTERN.test(text.trim()) ? text.trim().split(/[.-]/) : undefined),
  compareSeries,
);
