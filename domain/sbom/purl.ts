/** Package URLs in canonical form (ECMA-427; https://github.com/package-url/purl-spec, with its type definitions). */

import { ownValue } from '../own-value.ts';
import { PurlError } from './purl-error.ts';

export interface PurlParts {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty and undefined values are left out, as the specification asks. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
  /** A path within the package, with forward slashes. */
  readonly subpath?: string;
}

/** The longest package URL anything here accepts or makes, in characters. */
const MAX_PURL_LENGTH = 4096;

const TYPE = /^[a-z][a-z0-9.+-]*$/;
const QUALIFIER = /^[a-z][a-z0-9._-]*$/;

/** What the definition of a type says beyond the general rules. Types that are not here have none. */
interface TypeRules {
  readonly namespace?: 'required' | 'prohibited';
  /** Parts in which case does not matter, and which are written in lower case. */
  readonly lower?: readonly ('namespace' | 'name')[];
  /** A qualifier there has to be. */
  readonly needs?: string;
}

const both = ['namespace', 'name'] as const;
const types: Readonly<Record<string, TypeRules>> = {
  alpm: { lower: both },
  apk: { lower: both },
  bazel: { namespace: 'prohibited' },
  bitbucket: { lower: both },
  bitnami: { namespace: 'prohibited', lower: ['name'] },
  cargo: { namespace: 'prohibited' },
  cocoapods: { namespace: 'prohibited' },
  composer: { lower: both },
  deb: { lower: both },
  gem: { namespace: 'prohibited' },
  github: { lower: both },
  hex: { lower: both },
  julia: { namespace: 'prohibited', needs: 'uuid' },
  oci: { namespace: 'prohibited', lower: ['name'] },
  otp: { namespace: 'prohibited', lower: ['name'] },
  pypi: { namespace: 'prohibited', lower: ['name'] },
  rpm: { lower: ['namespace'] },
  swift: { namespace: 'required' },
  'vscode-extension': { namespace: 'required', lower: both },
};

/** Throws a PurlError where a part that has to be there is missing or breaks the rules of its type. */
export function createPurl(parts: PurlParts): string {
  const { type, namespace, name, version, qualifiers, subpath } = normalise(parts);
  const text = [
    `pkg:${type}/`,
    namespace === undefined ? '' : `${encodePath(namespace)}/`,
    // Repositories of `git` may have folders of folders in their name.
    type === 'git' ? encodePath(name) : encode(name),
    version === undefined ? '' : `@${encode(version)}`,
    encodeQualifiers(qualifiers ?? {}),
    subpath === undefined ? '' : `#${encodePath(subpath)}`,
  ].join('');
  if (text.length > MAX_PURL_LENGTH) throw new PurlError(`a package URL of ${text.length} characters`);
  return text;
}

/** The parts of a package URL, in the form `createPurl` writes them. Throws a PurlError where the text is none. */
export function parsePurl(text: string): PurlParts {
  if (text.length > MAX_PURL_LENGTH) throw new PurlError(`a package URL of ${text.length} characters`);
  const whole = /^pkg:\/*([^?#]*?)\/*(?:\?([^#]*))?(?:#(.*))?$/is.exec(text);
  if (whole === null) throw new PurlError('a package URL begins with pkg:');
  const [, path = '', query = '', fragment = ''] = whole;
  const slash = path.indexOf('/');
  if (slash < 1) throw new PurlError('a package URL without a type or a name');
  const rest = path.slice(slash + 1);
  const at = rest.lastIndexOf('@');
  // An @ before a slash is the scope of an npm package that was not encoded.
  const versioned = at > 0 && !rest.includes('/', at);
  const segments = segmentsOf(versioned ? rest.slice(0, at) : rest);
  const isGit = path.slice(0, slash).toLowerCase() === 'git';
  // The namespace of a `git` repository is its host alone.
  const name = (isGit ? segments.splice(1).join('/') : segments.pop()) ?? '';
  const version = versioned ? decode(rest.slice(at + 1)) : '';
  const subpath = segmentsOf(fragment).join('/');
  if (versioned && rest[at - 1] === '/') throw new PurlError('a package URL without a name');
  return normalise({
    type: path.slice(0, slash),
    name,
    ...(segments.length === 0 ? {} : { namespace: segments.join('/') }),
    ...(version === '' ? {} : { version }),
    ...(query === '' ? {} : { qualifiers: parseQualifiers(query) }),
    ...(subpath === '' ? {} : { subpath }),
  });
}

function normalise(parts: PurlParts): PurlParts {
  const type = parts.type.toLowerCase();
  if (!TYPE.test(type)) throw new PurlError('a package URL whose type is none');
  const rules = ownValue(types, type) ?? {};
  // Hosts whose names ignore case, wherever the repository is named.
  const isGithub = type === 'git' && /^github(?:\.com)?(?:\/|$)/i.test(parts.namespace ?? '');
  const lower = isGithub ? both : (rules.lower ?? []);
  const namespace = clean(lower.includes('namespace') ? parts.namespace?.toLowerCase() : parts.namespace);
  let name = lower.includes('name') ? (parts.name ?? '').toLowerCase() : (parts.name ?? '');
  if (type === 'pypi') name = name.replaceAll('_', '-');
  const { version, qualifiers } = parts;
  if (name === '') throw new PurlError('a package URL without a name');
  if (type === 'cpan' && name.includes('::')) throw new PurlError('a package URL that names a module, no distribution');
  if (rules.namespace === 'required' && namespace === undefined)
    throw new PurlError(`a package URL of type ${type} without a namespace`);
  if (rules.namespace === 'prohibited' && namespace !== undefined)
    throw new PurlError(`a package URL of type ${type} with a namespace`);
  if (rules.needs !== undefined && !qualifiers?.[rules.needs])
    throw new PurlError(`a package URL of type ${type} without the qualifier ${rules.needs}`);
  const subpath = clean(parts.subpath);
  return {
    type,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(version ? { version } : {}),
    ...(qualifiers === undefined ? {} : { qualifiers }),
    ...(subpath === undefined ? {} : { subpath }),
  };
}

/** A path without empty segments, at its ends or inside. */
function clean(path: string | undefined): string | undefined {
  if (!path) return undefined;
  const cleaned = path.includes('/') ? path.split('/').filter(Boolean).join('/') : path;
  return cleaned === '' ? undefined : cleaned;
}

function segmentsOf(text: string): string[] {
  if (text === '') return [];
  return text
    .split('/')
    .map((segment) => decode(segment))
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

function parseQualifiers(query: string): Record<string, string> {
  const qualifiers = new Map<string, string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new PurlError('a package URL with a qualifier without a value');
    const key = pair.slice(0, equals).toLowerCase();
    if (!QUALIFIER.test(key)) throw new PurlError('a package URL with a qualifier whose name is none');
    if (qualifiers.has(key)) throw new PurlError('a package URL with a qualifier twice');
    const value = decode(pair.slice(equals + 1));
    if (value !== '') qualifiers.set(key, value);
  }
  return Object.fromEntries(qualifiers);
}

function encodeQualifiers(qualifiers: Readonly<Record<string, string | undefined>>): string {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(qualifiers)) {
    if (!value) continue;
    const key = name.toLowerCase();
    if (!QUALIFIER.test(key)) throw new PurlError('a package URL with a qualifier whose name is none');
    pairs.push([key, encode(value)]);
  }
  if (pairs.length === 0) return '';
  return `?${pairs
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')}`;
}

function encodePath(path: string): string {
  return path.includes('/') ? path.split('/').map(encode).join('/') : encode(path);
}

/** All but letters, digits, `.`, `-`, `_`, `~` and the colon (PURL specification, "Character encoding"). */
function encode(text: string): string {
  if (/^[A-Za-z0-9._~:-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  const first = text.indexOf('%');
  if (first < 0) return text;
  // The scope of an npm package, which most encodings are.
  if (first === 0 && text.startsWith('%40') && !text.includes('%', 1)) return `@${text.slice(3)}`;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PurlError('a package URL with an encoding that is none');
  }
}

/** As facts spell it, however people do: `pkg:npm/@babel/core` is `pkg:npm/%40babel/core`. Undefined where it is none. */
export function canonicalPurl(text: string): string | undefined {
  try {
    return createPurl(parsePurl(text));
  } catch (error) {
    if (error instanceof PurlError) return undefined;
    throw error;
  }
}
