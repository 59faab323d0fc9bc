/** Names made to be taken for another one (https://arxiv.org/abs/2003.03471 lists the tricks). */
import { normalisePackageName } from '../advisory/package-identity.ts';
import type { Ecosystem } from '../sbom/component.ts';
import { isOneEditApart } from './is-one-edit-apart.ts';
import { popularNames } from './popular/popular-names.ts';
import { skeleton } from './skeleton.ts';

export interface Lookalike {
  /** The name it looks like. */
  readonly popular: string;
  readonly trick: 'characters' | 'separators' | 'order' | 'scope' | 'spelling' | 'affix';
  /** In words. */
  readonly reason: string;
}

/** Below, most words are one letter from another one. */
const MIN_SPELLING_LENGTH = 5;

/** Words that promise the same package, in another language or a better state. */
const AFFIXES =
  /^(?:(?:node|nodejs|js|npm|py|python|python3|ruby|rust|go|php|the|real|original|official|new|free|pro)[-_.])|(?:[-_.]?(?:js|py|rb|rs)|[-_.]?(?:2|3|v2|v3)|[-_.](?:node|nodejs|npm|python|python3|ruby|rust|official|original|latest|fixed|patched|patch|update|updated|secure|security|new|free|pro))$/;

interface NameIndex {
  readonly names: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  readonly bySkeleton: ReadonlyMap<string, string>;
  readonly byLetters: ReadonlyMap<string, string>;
  readonly byWords: ReadonlyMap<string, string>;
  readonly byLength: ReadonlyMap<number, readonly string[]>;
}

const indexes = new Map<Ecosystem, NameIndex>();

/** `undefined` for a popular name itself, for one that looks like none, and for ecosystems whose popular names are not known. */
export function findLookalike(name: string, ecosystem: Ecosystem): Lookalike | undefined {
  const index = indexOf(ecosystem);
  const text = spelling(name, ecosystem);
  if (index === undefined || index.names.has(text)) return undefined;
  // A scope belongs to one owner: what is in it is theirs.
  const scope = scopeOf(text);
  if (scope !== undefined && index.scopes.has(scope)) return undefined;
  return (
    found(index.bySkeleton.get(skeleton(text)), 'characters', 'with characters that look the same') ??
    found(index.byLetters.get(letters(text)), 'separators', 'with other separators') ??
    found(index.byWords.get(words(text)), 'order', 'with its words in another order') ??
    found(scopeLookalike(scope, index), 'scope', 'under a scope that looks like its own') ??
    found(spellingOf(text, index), 'spelling', 'one letter apart') ??
    found(withoutAffix(text, index), 'affix', 'with a word added')
  );
}

function found(popular: string | undefined, trick: Lookalike['trick'], reason: string): Lookalike | undefined {
  return popular === undefined ? undefined : { popular, trick, reason };
}

function indexOf(ecosystem: Ecosystem): NameIndex | undefined {
  const known = indexes.get(ecosystem);
  const list = popularNames[ecosystem];
  if (known !== undefined || list === undefined) return known;
  const names = list.split(/\s+/).filter((one) => one !== '');
  const lower = names.map((one) => spelling(one, ecosystem));
  const by = (key: (name: string) => string): Map<string, string> => new Map(lower.map((one) => [key(one), one]));
  const index: NameIndex = {
    names: new Set(lower),
    scopes: new Set(lower.flatMap((one) => scopeOf(one) ?? [])),
    bySkeleton: by(skeleton),
    byLetters: by(letters),
    byWords: by(words),
    byLength: Map.groupBy(lower, ({ length }) => length),
  };
  indexes.set(ecosystem, index);
  return index;
}

/** As the registry tells names apart: PyPI takes all separators for the same. */
function spelling(name: string, ecosystem: Ecosystem): string {
  return normalisePackageName(ecosystem, name).toLowerCase();
}

/** `@babel` of `@babel/core`, `symfony` of `symfony/console`. */
function scopeOf(name: string): string | undefined {
  const slash = name.indexOf('/');
  return slash === -1 ? undefined : name.slice(0, slash);
}

/** Without separators, `@babel/core` is `babelcore`: so are `babel-core` and `babel_core`. */
function letters(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function words(name: string): string {
  return name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .toSorted()
    .join(' ');
}

function scopeLookalike(scope: string | undefined, { scopes }: NameIndex): string | undefined {
  if (scope === undefined || scope.length < MIN_SPELLING_LENGTH) return undefined;
  const similar = [...scopes].find((one) => one.length >= MIN_SPELLING_LENGTH && isOneEditApart(one, scope));
  return similar === undefined ? undefined : `${similar}/…`;
}

function spellingOf(name: string, { byLength }: NameIndex): string | undefined {
  if (name.length < MIN_SPELLING_LENGTH - 1 || name.includes('/')) return undefined;
  return [name.length - 1, name.length, name.length + 1]
    .filter((length) => length >= MIN_SPELLING_LENGTH)
    .flatMap((length) => byLength.get(length) ?? [])
    .find((popular) => isOneEditApart(popular, name));
}

function withoutAffix(name: string, { names }: NameIndex): string | undefined {
  const base = name.replace(AFFIXES, '');
  return base !== name && base.length >= MIN_SPELLING_LENGTH && names.has(base) ? base : undefined;
}
