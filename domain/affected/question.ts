/** "Are we affected by …?": what people ask with, read once. */
import { parseSelector, type Selector } from '../incident/selector.ts';
import { SelectorError } from '../incident/selector-error.ts';
import { namesRange } from '../sbom/names-range.ts';
import { createPurl, parsePurl } from '../sbom/purl.ts';
import { AffectedError } from './affected-error.ts';
import { looksLikeRange, noRange, parseVersionRange, type VersionRange } from './version-range.ts';

export type AffectedQuestion =
  /** By any of its ids: the record's own, or another name of the same vulnerability. */
  | { readonly about: 'advisory'; readonly id: string }
  /** `purl` without qualifiers, with its version where one was given; `range` only where none was. */
  | { readonly about: 'component'; readonly purl: string; readonly range: VersionRange | undefined }
  /** A signer, builder, host, source, commit, layer or digest. */
  | { readonly about: 'selector'; readonly selector: Selector };

/** CVE-2021-44228, GHSA-…, DSA-5000-1, RUSTSEC-2021-0001, MAL-2024-1: letters, then parts of digits or letters. */
const advisoryId = /^[A-Za-z][A-Za-z0-9]{1,15}-[A-Za-z0-9][\w.:-]{2,110}$/;

/**
 * `CVE-2021-44228`, `pkg:npm/lodash`, `pkg:npm/lodash@4.17.20`, `pkg:npm/lodash@>=4.0.0,<4.17.21`, `builder:ci`,
 * `signer:release`, a digest. Throws an AffectedError, or a SelectorError for a selector with a wrong value.
 */
export function parseQuestion(text: string): AffectedQuestion {
  const asked = text.trim();
  if (asked.startsWith('pkg:')) return parseComponent(asked);
  const component = /^component:(pkg:.*)$/.exec(asked)?.[1];
  if (component !== undefined) return parseComponent(component);
  if (!asked.includes('@') && advisoryId.test(asked) && !/^[a-z]+:/.test(asked))
    return { about: 'advisory', id: spellId(asked) };
  try {
    return { about: 'selector', selector: parseSelector(asked) };
  } catch (error) {
    if (!(error instanceof SelectorError) || error.code !== 'SELECTOR_UNKNOWN_KIND') throw error;
    throw new AffectedError(
      'AFFECTED_INVALID',
      `${JSON.stringify(asked.slice(0, 100))} is nothing to ask with: expected an advisory (CVE-…, GHSA-…), a package URL with or without a version or range (pkg:npm/lodash@<4.17.21), signer:…, builder:… or a digest`,
    );
  }
}

/** CVE ids are upper case; GHSA ids are lower case after their prefix. Others are as they are written. */
function spellId(text: string): string {
  if (/^cve-/i.test(text)) return text.toUpperCase();
  return /^ghsa-/i.test(text) ? `GHSA-${text.slice(5).toLowerCase()}` : text;
}

function parseComponent(text: string): AffectedQuestion {
  // The last `@` before a range: those of a scope stand before it.
  const at = text.search(/@\s*[<>=!]/);
  const tail = at === -1 ? '' : text.slice(at + 1);
  const range = looksLikeRange(tail) ? parseVersionRange(tail) : undefined;
  const asked = readPurl(range === undefined ? text : text.slice(0, at), range !== undefined);
  if (asked === undefined)
    throw new AffectedError(
      'AFFECTED_INVALID',
      `${JSON.stringify(text.slice(0, 100))} is no package URL: expected one such as pkg:npm/lodash@4.17.20`,
    );
  if (asked.isRange) throw noRange(text);
  return { about: 'component', purl: asked.purl, range };
}

/** Without qualifiers, and without its version where a range stands for it. Undefined where it is none. */
function readPurl(text: string, isRanged: boolean): { readonly purl: string; readonly isRange: boolean } | undefined {
  try {
    const parts = parsePurl(text);
    const { type, namespace, name, version } = parts;
    const purl = createPurl({
      ...{ type, name },
      ...(namespace === undefined ? {} : { namespace }),
      ...(version === undefined || isRanged ? {} : { version }),
    });
    return { purl, isRange: namesRange(parts) };
  } catch {
    return undefined;
  }
}
