/** Core metadata of an installed Python distribution (https://packaging.python.org/specifications/core-metadata/). */
import type { LicenceClaim } from '../../sbom/component.ts';
import { toLicenceClaim, uniqueLicences } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import { type ControlParagraph, fieldOf, parseControl } from '../parse-control.ts';
import { licenceOfClassifier } from './licence-classifiers.ts';

interface PythonDistribution {
  readonly name: string;
  readonly version: string;
  readonly licences: readonly LicenceClaim[];
  /** Normalised names of what it needs without extras. */
  readonly requires: readonly string[];
}

/** PEP 503: runs of `-`, `_` and `.` are one `-`, in lower case. */
export function normaliseName(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase();
}

/** Throws a CatalogError (UNEXPECTED_SHAPE) without a valid name and a version. */
export function parseMetadata(text: string): PythonDistribution {
  const [headers = new Map<string, string[]>()]: ControlParagraph[] = parseControl(text).take(1).toArray();
  const name = fieldOf(headers, 'name');
  const version = fieldOf(headers, 'version');
  if (name === undefined || version === undefined || !/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name))
    throw new CatalogError('UNEXPECTED_SHAPE', 'core metadata without a valid Name and a Version');
  const requires = (headers.get('requires-dist') ?? []).flatMap((requirement) => {
    if (/;.*\bextra\s*==/.test(requirement)) return [];
    const wanted = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(requirement)?.[1];
    return wanted === undefined ? [] : [normaliseName(wanted)];
  });
  return { name, version, licences: parseLicences(headers), requires: [...new Set(requires)] };
}

/** License-Expression (PEP 639) is the word; before it, classifiers are chosen from a list and License is free text. */
function parseLicences(headers: ControlParagraph): LicenceClaim[] {
  const expression = toLicenceClaim(fieldOf(headers, 'license-expression') ?? '');
  if (expression !== undefined) return [expression];
  const classified = (headers.get('classifier') ?? [])
    .map((classifier) => licenceOfClassifier(classifier))
    .filter((claim) => claim !== undefined);
  if (classified.some((claim) => claim.kind === 'expression')) return uniqueLicences(classified);
  const free = fieldOf(headers, 'license');
  const claim = free === undefined || free === 'UNKNOWN' ? undefined : toLicenceClaim(free.split('\n', 1)[0] ?? '');
  if (claim !== undefined) return [claim];
  return uniqueLicences(classified);
}
