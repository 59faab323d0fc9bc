/**
 * Licences from /usr/share/doc/<package>/copyright in the machine-readable form (DEP-5,
 * https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/). Other texts say nothing we could vouch for.
 */
import type { LicenceClaim } from '../../sbom/component.ts';
import { toLicenceClaim, uniqueLicences } from '../../sbom/licence.ts';
import { fieldOf, parseControl } from '../parse-control.ts';

const MAX_LICENCES = 50;

/** DEP-5 short names that SPDX spells otherwise; `+` (or later) is handled apart. */
const shortNames: Readonly<Record<string, string>> = {
  expat: 'MIT',
  zlib: 'Zlib',
  isc: 'ISC',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'apache-1.0': 'Apache-1.0',
  'apache-2.0': 'Apache-2.0',
  apache: 'Apache-2.0',
  'mpl-1.1': 'MPL-1.1',
  'mpl-2.0': 'MPL-2.0',
  'artistic-2.0': 'Artistic-2.0',
  'cc0-1.0': 'CC0-1.0',
  'python-2.0': 'Python-2.0',
  'psf-2': 'PSF-2.0',
};
const gnu = /^(gpl|lgpl|agpl|gfdl)-?v?(\d)(?:\.(\d))?(\+|-or-later|-only)?$/i;

/** An empty list where the text is not machine-readable. */
export function parseCopyright(text: string): LicenceClaim[] {
  if (!/^format(?:-specification)?:/im.test(text.slice(0, 2000))) return [];
  const claims: LicenceClaim[] = [];
  for (const paragraph of parseControl(text)) {
    const short = fieldOf(paragraph, 'license')?.split('\n', 1)[0];
    if (short === undefined) continue;
    const claim = toLicenceClaim(toSpdx(short)) ?? toLicenceClaim(short);
    if (claim !== undefined) claims.push(claim.kind === 'expression' ? claim : { kind: 'unresolved', text: short });
  }
  return uniqueLicences(claims).slice(0, MAX_LICENCES);
}

/** `GPL-2+ and (Expat or BSD-3-clause)` as SPDX writes it; a comma binds weaker than `or`, and is left unresolved. */
function toSpdx(short: string): string {
  return short
    .replaceAll(/[()]/g, (bracket) => ` ${bracket} `)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => toSpdxWord(word))
    .join(' ')
    .replaceAll('( ', '(')
    .replaceAll(' )', ')');
}

function toSpdxWord(word: string): string {
  const lower = word.toLowerCase();
  if (lower === 'and' || lower === 'or' || lower === 'with') return lower.toUpperCase();
  const match = gnu.exec(word);
  if (match === null) return shortNames[lower] ?? word;
  const [, family, major, minor = '0', tail] = match;
  const later = tail === '+' || tail?.toLowerCase() === '-or-later';
  return `${(family ?? '').toUpperCase()}-${major}.${minor}-${later ? 'or-later' : 'only'}`;
}
