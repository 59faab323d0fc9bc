import { CatalogError } from '../catalog-error.ts';
import { decodeText } from '../decode-text.ts';

/** JSON with comments and with commas after the last element. Throws a CatalogError (NOT_TEXT, NOT_JSON). */
export function decodeJsonc(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(toJson(decodeText(bytes)));
  } catch (error) {
    if (error instanceof CatalogError) throw error;
    throw new CatalogError('NOT_JSON', 'not JSON, with or without comments');
  }
}

/** Strings stay as they are; what they look like inside is no comment and no comma. */
function toJson(text: string): string {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const end = skipAt(text, at);
    if (end === undefined) {
      at = text[at] === '"' ? endOfString(text, at) : at + 1;
    } else {
      parts.push(text.slice(start, at), ' ');
      start = end;
      at = end;
    }
  }
  return [...parts, text.slice(start)].join('');
}

/** Where a comment, or a comma before a closing bracket, ends. */
function skipAt(text: string, at: number): number | undefined {
  if (text.startsWith('//', at)) return endOr(text.indexOf('\n', at), text);
  if (text.startsWith('/*', at)) return endOr(text.indexOf('*/', at + 2) + 1, text) + 1;
  if (text[at] !== ',') return undefined;
  const next = /[^\s]/g;
  next.lastIndex = at + 1;
  const found = next.exec(text)?.[0];
  return found === ']' || found === '}' ? at + 1 : undefined;
}

function endOr(index: number, text: string): number {
  return index <= 0 ? text.length : index;
}

function endOfString(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  return text.length;
}
