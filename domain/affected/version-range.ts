/** `>=4.0.0,<4.17.21`: what people write after a package URL. All of its parts must hold. */
import { compareVersions } from '../advisory/compare-versions.ts';
import type { Ecosystem } from '../sbom/component.ts';
import { AffectedError } from './affected-error.ts';

const operators = ['<=', '>=', '!=', '<', '>', '='] as const;

export interface Comparator {
  readonly operator: (typeof operators)[number];
  readonly version: string;
}
/** At least one part. */
export type VersionRange = readonly Comparator[];

const MAXIMUM_PARTS = 10;

/** Whether what stands behind the `@` of a package URL is a range, not a version: both `<` and `=` are encoded in a purl. */
export function looksLikeRange(text: string): boolean {
  return /^\s*[<>=!]/.test(text);
}

/** Throws an AffectedError. */
export function parseVersionRange(text: string): VersionRange {
  const parts = text.split(',').map((part) => part.trim());
  const read = parts.map((part): Comparator | undefined => {
    const operator = operators.find((known) => part.startsWith(known));
    const version = operator === undefined ? '' : part.slice(operator.length).trim();
    return operator === undefined || !/^[^\s<>=!,]{1,256}$/.test(version) ? undefined : { operator, version };
  });
  const known = read.filter((part) => part !== undefined);
  if (known.length === parts.length && parts.length <= MAXIMUM_PARTS) return known;
  throw noRange(text);
}

/** In the words of a package manager it may be one. */
export function noRange(text: string): AffectedError {
  return new AffectedError(
    'AFFECTED_INVALID',
    `${JSON.stringify(text.slice(0, 100))} is no range of versions here: expected parts such as >=4.0.0,<4.17.21`,
  );
}

/** Undefined where the ecosystem's order is not known, or either is no version of it. */
export function isInRange(ecosystem: Ecosystem, version: string, range: VersionRange): boolean | undefined {
  for (const { operator, version: bound } of range) {
    const order = compareVersions(ecosystem, version, bound);
    if (order === undefined) return undefined;
    if (!holds(operator, order)) return false;
  }
  return true;
}

function holds(operator: Comparator['operator'], order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
  }
}
