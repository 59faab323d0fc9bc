/** Python versions by PEP 440 (https://packaging.python.org/specifications/version-specifiers/). Legacy versions have no order there. */
import { compare, valid } from '@renovatebot/pep440';
import { toOrder, type VersionOrder } from './order.ts';

export const comparePep440: VersionOrder = (a, b) =>
  valid(a) === null || valid(b) === null ? undefined : toOrder(compare(a, b));
