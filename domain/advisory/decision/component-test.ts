/** "Which components are meant" by a decision: a package URL with or without a version or range, or a name. */
import { isInRange, looksLikeRange, parseVersionRange, type VersionRange } from '../../affected/version-range.ts';
import { fromPurl } from '../../sbom/from-purl.ts';
import { parsePurlPattern } from '../purl-pattern.ts';

/** What is asked of a finding's component. */
export interface NamedComponent {
  readonly purl: string;
  readonly name: string;
  readonly version: string;
}

export type ComponentTest = (component: NamedComponent) => boolean;

/**
 * Undefined where the text is neither. A version that has no order with the range is not covered: what nobody can tell
 * hides nothing. Throws an AffectedError for a range that can not be read.
 */
export function parseComponentTest(text: string): ComponentTest | undefined {
  if (!text.startsWith('pkg:')) return /^[^\s]{1,500}$/.test(text) ? ({ name }) => name === text : undefined;
  // The last `@` before a range: those of a scope stand before it.
  const at = text.search(/@\s*[<>=!]/);
  const tail = at === -1 ? '' : text.slice(at + 1);
  const range = looksLikeRange(tail) ? parseVersionRange(tail) : undefined;
  const isNamed = parsePurlPattern(range === undefined ? text : text.slice(0, at));
  if (isNamed === undefined) return undefined;
  return (component) => isNamed(component.purl) && (range === undefined || isInside(component, range));
}

function isInside({ purl, version }: NamedComponent, range: VersionRange): boolean {
  return isInRange(fromPurl(purl).ecosystem, version, range) === true;
}
