/**
 * Dart's package versions (https://pub.dev/documentation/pub_semver): semantic versions, except that build metadata counts:
 * `1.0.0` < `1.0.0+1` < `1.0.0+2`.
 */
import { orderBy, toOrder } from './order.ts';
import { compareIdentifiers, comparePrecedence, parseSemver } from './semver.ts';

export const comparePub = orderBy(parseSemver, (a, b) => {
  const order = comparePrecedence(a, b);
  if (order !== 0) return order;
  if (a.build.length === 0 || b.build.length === 0) return toOrder(a.build.length - b.build.length);
  return compareIdentifiers(a.build, b.build);
});
