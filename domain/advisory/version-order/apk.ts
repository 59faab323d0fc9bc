/**
 * Alpine's versions, `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}` (apk-package(5), PACKAGE INFO METADATA), and
 * what apk's own comparison does with texts that are not quite of that form: the rest it cannot read makes a version older.
 */
import { compareDigits, compareText, type Order, orderBy, toOrder } from './order.ts';

interface ApkVersion {
  readonly text: string;
  readonly numbers: readonly string[];
  readonly letter: string;
  readonly suffixes: readonly { readonly weight: number; readonly number: string }[];
  readonly build: string;
  /** What is left behind the last part that could be read. */
  readonly rest: string;
  readonly valid: boolean;
}

/** In their order; the empty text stands for no suffix. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const NO_SUFFIX = { weight: SUFFIXES.indexOf(''), number: '0' };

const SUFFIX = /_(alpha|beta|pre|rc|cvs|svn|git|hg|p)(\d*)/y;

function parseApk(text: string): ApkVersion | undefined {
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const head = /^(?:\d+\.?)*/.exec(text)![0];
  const letter = /^[a-z]/.exec(text.slice(head.length))?.[0] ?? '';
  const suffixes: { weight: number; number: string }[] = [];
  SUFFIX.lastIndex = head.length + letter.length;
  let end = SUFFIX.lastIndex;
  for (let match = SUFFIX.exec(text); match !== null; match = SUFFIX.exec(text)) {
    suffixes.push({ weight: SUFFIXES.indexOf(match[1]!), number: match[2] || '0' });
    end = SUFFIX.lastIndex;
  }
  // A hash says from what it was built, and nothing about an order.
  const tail = text.slice(end).replace(/^~[0-9a-f]+/, '');
  const build = /^-r(\d*)/.exec(tail);
  return {
    text,
    numbers: head === '' ? [] : head.replace(/\.$/, '').split('.'),
    letter,
    suffixes,
    build: build?.[1] || '0',
    rest: build === null ? tail : tail.slice(build[0].length),
    valid: tail === '' || build !== null,
  };
}

/** The first number by value; of the others, one with a leading zero makes both decimals, compared as text. */
function compareNumber(a: string, b: string, index: number): Order {
  return index > 0 && (a.startsWith('0') || b.startsWith('0')) ? compareText(a, b) : compareDigits(a, b);
}

function compareNumbers(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    const order =
      left === undefined || right === undefined
        ? compareDigits(left ?? '0', right ?? '0') || toOrder(Number(left !== undefined) - Number(right !== undefined))
        : compareNumber(left, right, index);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSuffixes(a: ApkVersion['suffixes'], b: ApkVersion['suffixes']): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index] ?? NO_SUFFIX, b[index] ?? NO_SUFFIX];
    const order = toOrder(left.weight - right.weight) || compareDigits(left.number, right.number);
    if (order !== 0) return order;
  }
  return 0;
}

/** Order of Alpine, Wolfi and Chainguard packages. */
export const compareApk = orderBy(parseApk, (a, b) => {
  if (!a.valid && !b.valid) return compareText(a.text, b.text);
  return (
    compareNumbers(a.numbers, b.numbers) ||
    compareText(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareDigits(a.build, b.build) ||
    toOrder(Number(a.rest === '') - Number(b.rest === ''))
  );
});
