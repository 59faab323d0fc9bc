/** Scalars and flow collections of YAML 1.2 that begin and end on one line. */

/** As text; `undefined` where the scalar goes on elsewhere, or is an anchor, an alias, a tag or a block scalar. */
export function readScalar(text: string): string | undefined {
  const quoted = readQuoted(text);
  if (quoted !== undefined) return isComment(text.slice(quoted.length)) ? quoted.value : undefined;
  if (/^["'&*!|>%@`{}[\],]|^[?-] /.test(text)) return undefined;
  const comment = text.indexOf(' #');
  const plain = (comment === -1 ? text : text.slice(0, comment)).trim();
  return /:(?: |$)/.test(plain) ? undefined : plain;
}

function isComment(rest: string): boolean {
  return /^\s*(?:\s#.*)?$/.test(rest);
}

/** `length` is that of the text with its quotes. */
function readQuoted(text: string): { value: string; length: number } | undefined {
  const single = /^'((?:[^']|'')*)'/.exec(text);
  if (single !== null) return { value: (single[1] ?? '').replaceAll("''", "'"), length: single[0].length };
  const double = /^"(?:[^"\\]|\\.)*"/.exec(text);
  if (double === null) return undefined;
  try {
    return { value: JSON.parse(double[0]) as string, length: double[0].length };
  } catch {
    return undefined;
  }
}

/** `{integrity: sha512-…, deps: [a, b]}`; `undefined` where it does not end on its line or is not plain. */
export function readFlow(text: string): unknown {
  const cursor = { text, at: 0 };
  const value = flowValue(cursor, 0);
  return value !== undefined && isComment(text.slice(cursor.at)) ? value : undefined;
}

interface Cursor {
  readonly text: string;
  at: number;
}

const MAX_DEPTH = 32;

function flowValue(cursor: Cursor, depth: number): unknown {
  if (depth > MAX_DEPTH) return undefined;
  skipSpaces(cursor);
  const first = cursor.text[cursor.at];
  if (first === '[') return flowList(cursor, depth);
  if (first === '{') return flowMap(cursor, depth);
  return flowScalar(cursor, /^[^,[\]{}]*/);
}

function flowScalar(cursor: Cursor, plain: RegExp): string | undefined {
  const rest = cursor.text.slice(cursor.at);
  const quoted = readQuoted(rest);
  if (quoted !== undefined) {
    cursor.at += quoted.length;
    return quoted.value;
  }
  const text = plain.exec(rest)?.[0] ?? '';
  cursor.at += text.length;
  return readScalar(text.trim());
}

function flowList(cursor: Cursor, depth: number): unknown[] | undefined {
  const items: unknown[] = [];
  for (cursor.at += 1; ; ) {
    if (takes(cursor, ']')) return items;
    const value = flowValue(cursor, depth + 1);
    if (value === undefined) return undefined;
    items.push(value);
    if (!takes(cursor, ',') && cursor.text[cursor.at] !== ']') return undefined;
  }
}

function flowMap(cursor: Cursor, depth: number): Record<string, unknown> | undefined {
  const map: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (cursor.at += 1; ; ) {
    if (takes(cursor, '}')) return map;
    const key = flowScalar(cursor, /^[^,[\]{}:]*(?::(?! )[^,[\]{}:]*)*/);
    if (key === undefined || Object.hasOwn(map, key) || !takes(cursor, ':')) return undefined;
    const value = flowValue(cursor, depth + 1);
    if (value === undefined) return undefined;
    map[key] = value;
    if (!takes(cursor, ',') && cursor.text[cursor.at] !== '}') return undefined;
  }
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at += 1;
}

/** Past the character and the spaces around it, where it comes next. */
function takes(cursor: Cursor, character: string): boolean {
  skipSpaces(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  skipSpaces(cursor);
  return true;
}
