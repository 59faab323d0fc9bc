/**
 * Versions of PHP packages by PHP's `version_compare` (https://www.php.net/version_compare), which Composer's constraints
 * use. As there, `1.0` is before `1.0.0`; Composer itself fills both up to four numbers before it solves.
 */
import { compareDigits, isDigits, type Order, orderBy, toOrder } from './order.ts';

const PATTERN = /^[\w.+#~-]+$/;

/** "any string not found in this list < dev < alpha = a < beta = b < RC = rc < # < pl = p" */
const FORMS = ['dev', 'a', 'b', 'rc', '#', 'p'];

/** Of a form, by how it begins, as PHP does; what is not known comes before all. */
function rank(form: string): number {
  if (form.startsWith('RC')) return FORMS.indexOf('rc');
  return FORMS.findIndex((known) => form.startsWith(known));
}

function parsePackagist(text: string): readonly string[] | undefined {
  const version = text.trim();
  if (!PATTERN.test(version)) return undefined;
  return version
    .replace(/^v/i, '')
    .replaceAll(/[-_+]/g, '.')
    .replaceAll(/([^\d.])(?=\d)/g, '$1.')
    .replaceAll(/(\d)(?=[^\d.])/g, '$1.')
    .split('.');
}

function compareForms(a: string, b: string): Order {
  return toOrder(rank(a) - rank(b));
}

function comparePart(a: string, b: string): Order {
  if (isDigits(a) && isDigits(b)) return compareDigits(a, b);
  return compareForms(isDigits(a) ? '#' : a, isDigits(b) ? '#' : b);
}

/** What one has beyond the other: a number is later, a word is compared with `#`. */
function compareRest(rest: readonly string[]): Order {
  const [next] = rest;
  if (next === undefined) return 0;
  return isDigits(next) ? 1 : compareParts(rest, ['#']);
}

function compareParts(a: readonly string[], b: readonly string[]): Order {
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index++) {
    const order = comparePart(a[index]!, b[index]!);
    if (order !== 0) return order;
  }
  return a.length >= b.length ? compareRest(a.slice(common)) : toOrder(-compareRest(b.slice(common)));
}

export const comparePackagist = orderBy(parsePackagist, compareParts);
