/** Versions a statement is about, where a list of them stands beside the package (CycloneDX, `affects[].versions`). */

import { type Comparator, isInRange } from '../../affected/version-range.ts';
import type { Ecosystem } from '../../sbom/component.ts';
import { fromPurl } from '../../sbom/from-purl.ts';
import { PurlError } from '../../sbom/purl-error.ts';
import { compareVersions } from '../compare-versions.ts';

/** Each a version, or a range (`vers:npm/>=1.0.0|<2.0.0`). */
export interface VexVersions {
  readonly meant: readonly string[];
  /** Said to be affected, or not known, beside those that are meant. */
  readonly except: readonly string[];
}

/** Undefined where nobody can tell. */
type VersionTest = (ecosystem: Ecosystem, version: string) => boolean | undefined;

const isVersion =
  (wanted: string): VersionTest =>
  (ecosystem, version) => {
    if (version === wanted) return true;
    const order = compareVersions(ecosystem, version, wanted);
    return order === undefined ? undefined : order === 0;
  };

function readConstraint(text: string): Comparator {
  const operator = (['<=', '>=', '!=', '<', '>', '='] as const).find((one) => text.startsWith(one));
  return { operator: operator ?? '=', version: text.slice(operator?.length ?? 0) };
}

/**
 * Version range specifier (https://github.com/package-url/vers-spec), in the shapes that need no set arithmetic: every version,
 * some by name, or one stretch from a version, to a version, or both. Undefined for other shapes, and for what is none.
 */
function readRange(text: string): VersionTest | undefined {
  const [, list] = /^vers:[a-z0-9.+-]+\/(.+)$/i.exec(text) ?? [];
  if (list === undefined) return undefined;
  if (list === '*') return () => true;
  const constraints = list.split('|').map((one) => readConstraint(decode(one.trim())));
  if (constraints.every(({ operator }) => operator === '=')) {
    const tests = constraints.map(({ version }) => isVersion(version));
    return (ecosystem, version) => anyOf(tests.map((test) => test(ecosystem, version)));
  }
  const shape = constraints.map(({ operator }) => operator.charAt(0)).join('');
  if (!['>', '<', '><'].includes(shape)) return undefined;
  return (ecosystem, version) => isInRange(ecosystem, version, constraints);
}

/** A version in a range is written as in a purl. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const anyOf = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;

const nobodyKnows: VersionTest = () => undefined;
const testOf = (text: string): VersionTest =>
  text.startsWith('vers:') ? (readRange(text) ?? nobodyKnows) : isVersion(text);

/** Whether the version of a component is one of those that are meant: a range that can not be read means none. */
export function meansVersions({ meant, except }: VexVersions): (purl: string) => boolean {
  const [wanted, others] = [meant.map(testOf), except.map(testOf)];
  return (purl) => {
    try {
      const { ecosystem, version } = fromPurl(purl);
      return (
        wanted.some((test) => test(ecosystem, version) === true) &&
        others.every((test) => test(ecosystem, version) === false)
      );
    } catch (error) {
      if (error instanceof PurlError) return false;
      throw error;
    }
  };
}
