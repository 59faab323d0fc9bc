/**
 * Maven's version order: the "Version Order Specification" of the POM reference
 * (https://maven.apache.org/pom.html#version-order-specification), in the nested form in which Maven's own
 * `ComparableVersion` (maven-artifact 3.9) decides it. A hyphen, a change between digits and letters, and a qualifier
 * open a sublist.
 */
import { compareDigits, compareText, type Order, orderBy, toOrder } from './order.ts';

type Item =
  /** Without leading zeros: zero is the empty text. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'list'; readonly items: Item[] };
type ListItem = Extract<Item, { kind: 'list' }>;

const QUALIFIERS: readonly string[] = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE = String(QUALIFIERS.indexOf(''));
const ALIASES = new Map([
  ['ga', ''],
  ['final', ''],
  ['release', ''],
  ['cr', 'rc'],
]);
/** Only directly in front of a number: `1a1` is `1-alpha-1`, `1a` is `1-a`. */
const SHORT_ALIASES = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

const isDigit = (character: string | undefined) => character !== undefined && character >= '0' && character <= '9';

function toItem(text: string, digits: boolean): Item {
  return digits
    ? { kind: 'number', digits: text.replace(/^0+/, '') }
    : { kind: 'word', word: ALIASES.get(text) ?? text };
}

function isNull(item: Item): boolean {
  switch (item.kind) {
    case 'number':
      return item.digits === '';
    case 'word':
      return item.word === '';
    case 'list':
      return item.items.length === 0;
  }
}

/** "Starting from the end of the version, the trailing null values are trimmed", at each hyphen. */
function trim(list: ListItem): void {
  const qualified = list.items[0]?.kind === 'word';
  for (let index = list.items.length - 1; index >= 0; index--) {
    const item = list.items[index]!;
    if (isNull(item)) list.items.splice(index, 1);
    else if (item.kind !== 'list') break;
  }
  // `1-ga-1` is `1-1`: a trimmed qualifier leaves no list in a list behind.
  const [first] = list.items;
  if (qualified && first?.kind === 'list') list.items.splice(0, 1, ...first.items);
}

/** Collects items into nested lists while the text is read from left to right. */
class ListBuilder {
  private readonly root: ListItem = { kind: 'list', items: [] };
  private readonly lists: ListItem[] = [this.root];

  private get current(): ListItem {
    return this.lists.at(-1)!;
  }

  add(text: string, digits: boolean): void {
    this.current.items.push(text === '' ? { kind: 'number', digits: '' } : toItem(text, digits));
  }

  open(): void {
    if (this.current.items.length === 0) return;
    const inner: ListItem = { kind: 'list', items: [] };
    this.current.items.push(inner);
    this.lists.push(inner);
  }

  build(): ListItem {
    for (const list of this.lists.reverse()) trim(list);
    return this.root;
  }
}

function parseMaven(text: string): ListItem {
  const version = text.toLowerCase();
  const list = new ListBuilder();
  let digits = false;
  let start = 0;
  for (let index = 0; index < version.length; index++) {
    const character = version[index];
    if (character === '.' || character === '-') {
      list.add(version.slice(start, index), digits);
      if (character === '-') list.open();
      start = index + 1;
      continue;
    }
    if (isDigit(character) !== digits && index > start) {
      const word = version.slice(start, index);
      if (!digits) list.open();
      list.add(digits ? word : (SHORT_ALIASES.get(word) ?? word), digits);
      list.open();
      start = index;
    }
    digits = isDigit(character);
  }
  if (version.length > start) {
    // `.qualifier` is `-qualifier`.
    if (!digits) list.open();
    list.add(version.slice(start), digits);
  }
  return list.build();
}

/** Known qualifiers in their order, then unknown ones by text. */
function rank(word: string): string {
  const index = QUALIFIERS.indexOf(word);
  return index < 0 ? `${QUALIFIERS.length}-${word}` : String(index);
}

/** Of two different kinds the higher comes later: `1-sp` < `1-1` < `1.1`. */
const KINDS = { word: 0, list: 1, number: 2 } as const;

function compareItems(a: Item, b: Item | undefined): Order {
  if (b !== undefined && a.kind !== b.kind) return toOrder(KINDS[a.kind] - KINDS[b.kind]);
  switch (a.kind) {
    case 'number':
      return compareDigits(a.digits, b?.kind === 'number' ? b.digits : '');
    case 'word':
      return compareText(rank(a.word), b?.kind === 'word' ? rank(b.word) : RELEASE);
    case 'list':
      return compareLists(a.items, b?.kind === 'list' ? b.items : []);
  }
}

function compareLists(a: readonly Item[], b: readonly Item[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const order = left === undefined ? toOrder(-compareItems(b[index]!, undefined)) : compareItems(left, b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Every non-empty text is a Maven version. */
export const compareMaven = orderBy((text) => (text === '' ? undefined : parseMaven(text).items), compareLists);
