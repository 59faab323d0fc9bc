/** Package URLs in canonical form (https://github.com/package-url/purl-spec, PURL-SPECIFICATION). */
import { PackageURL } from 'packageurl-js';

export interface PurlParts {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty and undefined values are left out, as the specification asks. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
}

/** The longest package URL anything here accepts or makes, in characters. */
const MAX_PURL_LENGTH = 4096;

/** Throws an Error of packageurl-js where a part breaks the rules of its type (such as a space in a type). */
export function createPurl(parts: PurlParts): string {
  const qualifiers = Object.fromEntries(
    Object.entries(parts.qualifiers ?? {}).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  const text = new PackageURL(parts.type, parts.namespace, parts.name, parts.version, qualifiers, undefined).toString();
  return canonical(text);
}

/** The parts of a package URL. Throws where the text is none. */
export function parsePurl(text: string): PurlParts {
  if (text.length > MAX_PURL_LENGTH) throw new TypeError(`a package URL of ${text.length} characters`);
  const parsed = PackageURL.fromString(text);
  return {
    type: parsed.type ?? '',
    name: parsed.name ?? '',
    ...(parsed.namespace ? { namespace: parsed.namespace } : {}),
    ...(parsed.version ? { version: parsed.version } : {}),
    ...(parsed.qualifiers ? { qualifiers: { ...parsed.qualifiers } } : {}),
  };
}

/**
 * Where packageurl-js is not canonical: it leaves `+` raw in names and versions, and encodes the colons of qualifiers,
 * which the specification leaves raw everywhere.
 */
function canonical(text: string): string {
  const end = text.search(/[?#]/);
  const head = end === -1 ? text : text.slice(0, end);
  return head.replaceAll('+', '%2B') + (end === -1 ? '' : text.slice(end).replaceAll('%3A', ':'));
}
