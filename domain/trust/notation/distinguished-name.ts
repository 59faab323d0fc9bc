/**
 * Distinguished names (RFC 4514) as Notation compares them (specifications, trust-store-trust-policy.md, "Trusted identities"):
 * each attribute once, no sets of attributes, and country, state and organisation always.
 */
import { NotationError } from './notation-error.ts';

/** Attribute type as it is written (`C`, `ST`, `O`, `CN`, …) -> value. */
export type DistinguishedName = ReadonlyMap<string, string>;

const MANDATORY = ['C', 'ST', 'O'];

/** Throws a NotationError (`NAME_INVALID`) that says what is wrong with it. */
export function parseDistinguishedName(text: string): DistinguishedName {
  const invalid = (why: string) => new NotationError('NAME_INVALID', `distinguished name "${text}" ${why}`);
  const attributes: [type: string, value: string][] = [];
  for (const part of splitUnescaped(text, ',')) {
    if (splitUnescaped(part, '+').length > 1) throw invalid('has several attributes in one part (+)');
    const [type, value] = splitUnescaped(part, '=', 2);
    if (type === undefined || value === undefined || !/^\s*(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*$/.test(type))
      throw invalid('is not of the form "C=US, ST=WA, O=Example"');
    if (/^ *#/.test(value)) throw invalid('has a value in hexadecimal (=#), which is not supported');
    const read = readEscaped(value);
    if (read === undefined) throw invalid('has a backslash or a quote that escapes nothing');
    attributes.push([type.trim(), read]);
  }
  return distinguishedName(attributes, invalid);
}

/** From attributes in any order. `S` is another way to write `ST`. */
export function distinguishedName(
  attributes: readonly (readonly [type: string, value: string])[],
  invalid: (why: string) => NotationError,
): DistinguishedName {
  const name = new Map<string, string>();
  for (const [written, value] of attributes) {
    const type = written === 'S' ? 'ST' : written;
    if (name.has(type)) throw invalid(`has ${type} twice`);
    name.set(type, value);
  }
  for (const type of MANDATORY) if (!name.get(type)) throw invalid(`has no ${type}: it must have C, ST and O`);
  return name;
}

/** Whether `name` has everything that `wanted` has. Values are compared as they are. */
export function includesName(name: DistinguishedName, wanted: DistinguishedName): boolean {
  return [...wanted].every(([type, value]) => name.get(type) === value);
}

/** For people and for records: `C=US,ST=WA,O=Example,CN=…`, mandatory attributes first, the others by their type. */
export function formatDistinguishedName(name: DistinguishedName): string {
  const rank = (type: string) => (MANDATORY.includes(type) ? MANDATORY.indexOf(type) : MANDATORY.length);
  const types = [...name.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const escaped = (value: string) =>
    value
      .replace(/[\\,+"<>;=]/g, '\\$&')
      .replace(/^[ #]| $/g, '\\$&')
      .replace(/\p{C}|(?! )\p{Z}/gu, hexEscaped);
  return types.map((type) => `${type}=${escaped(name.get(type) ?? '')}`).join(',');
}

/** What cannot be seen, byte by byte (RFC 4514, 2.4). */
function hexEscaped(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}

/** `limit`: parts at most, the last with what is left. */
function splitUnescaped(text: string, separator: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') {
      parts[parts.length - 1] += character + (text[at + 1] ?? '');
      at += 1;
    } else if (character === separator && parts.length < limit) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** Spaces alone (RFC 4514 has no others around a value), but for one that is escaped at the end. */
function trimSpaces(value: string): string {
  const plain = value.replace(/^ +/, '');
  let end = plain.length;
  while (plain[end - 1] === ' ' && !endsEscaped(plain, end - 1)) end -= 1;
  return plain.slice(0, end);
}

/** Whether the character at `at` follows a backslash that is not escaped itself. */
function endsEscaped(text: string, at: number): boolean {
  let count = 0;
  while (text[at - 1 - count] === '\\') count += 1;
  return count % 2 === 1;
}

/** Undefined where an escape is none (RFC 4514, 2.4), or a special character is not escaped. */
function readEscaped(value: string): string | undefined {
  const trimmed = trimSpaces(value);
  const bytes: number[] = [];
  for (let at = 0; at < trimmed.length; at += 1) {
    const character = trimmed[at] ?? '';
    if (character !== '\\') {
      if ('";<>'.includes(character)) return undefined;
      const point = trimmed.codePointAt(at) ?? 0;
      if (point > 0xffff) at += 1;
      bytes.push(...new TextEncoder().encode(String.fromCodePoint(point)));
      continue;
    }
    const next = trimmed[at + 1] ?? '';
    const hex = /^[0-9a-fA-F]{2}/.exec(trimmed.slice(at + 1, at + 3))?.[0];
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else if (next !== '' && ' "#+,;<=>\\'.includes(next)) {
      bytes.push(next.charCodeAt(0));
      at += 1;
    } else return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}
