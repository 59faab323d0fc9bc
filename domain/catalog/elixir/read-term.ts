/** Literal terms of Elixir, as mix.lock has them (https://hexdocs.pm/elixir/syntax-reference.html): nothing is evaluated. */
import { CatalogError } from '../catalog-error.ts';

/** Atoms and strings both read as text, tuples and lists as lists, maps and keywords as pairs in a list. */
export type Term = string | readonly Term[] | { readonly key: string; readonly value: Term };

const MAX_DEPTH = 32;
const MAX_TERMS = 1_000_000;
/** Strings, keywords `name:` and `"name":`, atoms `:name`, opening and closing brackets, arrows, words and numbers. */
const TOKEN =
  /\s*(?:#[^\n]*\n\s*)*(?:"((?:[^"\\]|\\.)*)"(:(?=\s))?|([A-Za-z_]\w*[?!]?)(:(?=\s))?|:"?([A-Za-z_]\w*[?!]?)"?|(%\{|[{}[\],]|=>)|(-?\d[\d._]*))/y;

/** Throws a CatalogError (UNEXPECTED_SHAPE, TOO_MANY). */
export function readTerm(text: string): Term {
  const reader = new Reader(text);
  const term = reader.term(0);
  reader.end();
  return term;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  term(depth: number): Term {
    this.#count += 1;
    if (depth > MAX_DEPTH || this.#count > MAX_TERMS)
      throw new CatalogError('TOO_MANY', `more than ${MAX_TERMS} terms, or nested more than ${MAX_DEPTH} deep`);
    const token = this.#next();
    const name = token[1] ?? token[3];
    if (token[2] !== undefined || token[4] !== undefined) return { key: name ?? '', value: this.term(depth + 1) };
    const bracket = token[6];
    if (bracket === '%{' || bracket === '{') return this.#list('}', depth);
    if (bracket === '[') return this.#list(']', depth);
    const value = name ?? token[5] ?? token[7];
    if (value === undefined) throw broken();
    if (!this.#takes('=>')) return value;
    return { key: value, value: this.term(depth + 1) };
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw broken();
  }

  #list(close: string, depth: number): Term[] {
    const items: Term[] = [];
    while (!this.#takes(close)) {
      items.push(this.term(depth + 1));
      if (this.#takes(',')) continue;
      if (this.#takes(close)) break;
      throw broken();
    }
    return items;
  }

  #next(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) throw broken();
    this.#at = TOKEN.lastIndex;
    return match;
  }

  #takes(symbol: string): boolean {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match?.[6] !== symbol) return false;
    this.#at = TOKEN.lastIndex;
    return true;
  }
}

function broken(): CatalogError {
  return new CatalogError('UNEXPECTED_SHAPE', 'no terms of Elixir');
}
