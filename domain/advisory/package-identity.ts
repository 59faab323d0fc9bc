/** Names and ecosystems as advisories write them, brought to the one form they are looked up by. */
import type { Ecosystem } from '../sbom/component.ts';

/**
 * The name advisories are indexed by. PyPI: PEP 503; NuGet and Packagist ignore case; the others are exact
 * (Go module paths and npm names differ by case).
 */
export function normalisePackageName(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case 'PyPI':
      return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
    case 'NuGet':
    case 'Packagist':
      return name.toLowerCase();
    default:
      return name;
  }
}

/** Distributions, whose suffix is a release; Maven's suffix is a repository and does not restrict a match. */
const RELEASED: readonly Ecosystem[] = ['Debian', 'Alpine'];

/** `Debian:12` is Debian, release 12; `Debian` is every release (https://ossf.github.io/osv-schema/#affectedpackage-field). */
export function parseOsvEcosystem(text: string): { readonly ecosystem: string; readonly release?: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { ecosystem: text };
  const ecosystem = text.slice(0, colon);
  if (!RELEASED.some((released) => released === ecosystem)) return { ecosystem };
  return { ecosystem, release: text.slice(colon + 1).replace(/^v(?=\d)/, '') };
}
