/**
 * The part of YAML 1.2 that machines write into lockfiles: one document, block maps and lists, scalars and flow
 * collections on one line. Some forty times as fast as a whole parser. What is outside of it is left to one.
 */
import { readFlow, readScalar } from './read-yaml-scalar.ts';

interface Line {
  readonly indent: number;
  readonly text: string;
}

const MAX_DEPTH = 64;
const MAX_LINE_LENGTH = 64 * 1024;

/** Thrown and caught in this file: something that only a whole parser can read, or nobody. */
class NotPlain extends Error {}

/** All scalars as text, an absent value as an empty one. `undefined` where the text is not of that part of YAML. */
export function readPlainYaml(text: string): unknown {
  try {
    const reader = new Reader(text);
    const value = reader.block(0, 0);
    if (!reader.isAtEnd()) throw new NotPlain();
    return value;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class Reader {
  readonly #lines: Line[] = [];
  #at = 0;

  constructor(text: string) {
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      const body = raw.trimEnd();
      if (index === 0 && (body === '---' || body.startsWith('%YAML'))) continue;
      const indent = body.search(/[^ ]/);
      if (indent === -1 || body[indent] === '#') continue;
      if (body.length > MAX_LINE_LENGTH || body[indent] === '\t' || /^(?:---|\.\.\.)(?: |$)/.test(body))
        throw new NotPlain();
      this.#lines.push({ indent, text: body.slice(indent) });
    }
  }

  isAtEnd(): boolean {
    return this.#at === this.#lines.length;
  }

  block(indent: number, depth: number): unknown {
    const line = this.#lines[this.#at];
    if (line === undefined || line.indent !== indent || depth > MAX_DEPTH) throw new NotPlain();
    return isItem(line.text) ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined && line.indent >= indent; line = this.#lines[this.#at]) {
      if (line.indent > indent) throw new NotPlain();
      if (!isItem(line.text)) break;
      const rest = line.text.slice(1).trimStart();
      const place = indent + line.text.length - rest.length;
      items.push(
        rest !== '' && keyEnd(rest) !== undefined ? this.#inline(rest, place, depth) : this.#value(rest, indent, depth),
      );
    }
    return items;
  }

  #map(indent: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (let line = this.#lines[this.#at]; line !== undefined && line.indent >= indent; line = this.#lines[this.#at]) {
      if (line.indent > indent) throw new NotPlain();
      if (isItem(line.text)) break;
      const [key, value] = line.text.startsWith('? ') ? this.#longEntry(line, depth) : this.#entry(line, depth);
      // The same key twice is an error of YAML: nobody knows which of them counts.
      if (Object.hasOwn(map, key)) throw new NotPlain();
      map[key] = value;
    }
    return map;
  }

  #entry(line: Line, depth: number): [string, unknown] {
    const end = keyEnd(line.text);
    const key = end === undefined ? undefined : readScalar(line.text.slice(0, end));
    if (end === undefined || key === undefined) throw new NotPlain();
    return [key, this.#value(line.text.slice(end + 1).trim(), line.indent, depth, true)];
  }

  /** `? key` and `: value` on the next line: how long keys are written. */
  #longEntry(line: Line, depth: number): [string, unknown] {
    const key = readScalar(line.text.slice(2).trim());
    this.#at += 1;
    const next = this.#lines[this.#at];
    if (key === undefined || next?.indent !== line.indent || !next.text.startsWith(': ')) throw new NotPlain();
    const rest = next.text.slice(2).trimStart();
    const place = next.indent + next.text.length - rest.length;
    return [key, keyEnd(rest) === undefined ? this.#value(rest, next.indent, depth) : this.#inline(rest, place, depth)];
  }

  /** A map that begins on the line of its dash or colon. */
  #inline(rest: string, place: number, depth: number): unknown {
    this.#lines[this.#at] = { indent: place, text: rest };
    return this.block(place, depth + 1);
  }

  #value(rest: string, indent: number, depth: number, inMap = false): unknown {
    this.#at += 1;
    const next = this.#lines[this.#at];
    const isDeeper = next !== undefined && next.indent > indent;
    if (rest === '' || rest.startsWith('#')) {
      if (isDeeper) return this.block(next.indent, depth + 1);
      // A list may stand as deep as the key it belongs to.
      return inMap && next?.indent === indent && isItem(next.text) ? this.#list(indent, depth + 1) : '';
    }
    if (/^[|>][+-]?$/.test(rest)) return this.#blockScalar(indent);
    const value = /^[[{]/.test(rest) ? readFlow(rest) : readScalar(rest);
    // A scalar that goes on in the next line, an anchor, a tag.
    if (value === undefined || isDeeper) throw new NotPlain();
    return value;
  }

  /** Prose, such as why a package is deprecated: its lines, without care for how they fold. */
  #blockScalar(indent: number): string {
    const start = this.#at;
    while ((this.#lines[this.#at]?.indent ?? 0) > indent) this.#at += 1;
    return this.#lines
      .slice(start, this.#at)
      .map(({ text }) => text)
      .join('\n');
  }
}

function isItem(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}

/** Where the colon after a key stands; `undefined` for what is no entry of a map. */
function keyEnd(text: string): number | undefined {
  const quote = text[0];
  if (quote === '"' || quote === "'") {
    const match = (quote === '"' ? /^"(?:[^"\\]|\\.)*"(?=:(?: |$))/ : /^'(?:[^']|'')*'(?=:(?: |$))/).exec(text);
    return match?.[0].length;
  }
  if (/^[[{&*!|>%@`#]/.test(text)) return undefined;
  const end = text.search(/:(?: |$)/);
  return end < 1 ? undefined : end;
}
