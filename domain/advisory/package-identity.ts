/** Names and ecosystems as advisories write them, brought to the one form they are looked up by. */
import type { Ecosystem } from '../sbom/component.ts';

/**
 * The name advisories are indexed by. PyPI: PEP 503; NuGet and Packagist ignore case, as do the code host's names that actions and
 * Swift packages have. Go module paths differ by case, but their package URLs are written in lower case by those who keep to the
 * definition of `golang`: two modules that are taken for one do less harm than one that nothing is known of. The others are exact.
 */
export function normalisePackageName(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case 'PyPI':
      return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
    case 'NuGet':
    case 'Packagist':
    case 'GitHub Actions':
    case 'SwiftURL':
    case 'Go':
      return name.toLowerCase();
    default:
      return name;
  }
}

/** Distributions, whose suffix is a release; Maven's suffix is a repository and does not restrict a match. */
const RELEASED: ReadonlySet<string> = new Set<Ecosystem>([
  'Debian',
  'Ubuntu',
  'Alpine',
  'Red Hat',
  'Rocky Linux',
  'AlmaLinux',
  'openSUSE',
  'SUSE',
]);

/** Distributions that are always the newest of themselves. */
const ROLLING: ReadonlySet<string> = new Set<Ecosystem>(['Wolfi', 'Chainguard']);

/** True for ecosystems whose packages are installed by release of an operating system, each fixed on its own. */
export function hasReleases(ecosystem: string): boolean {
  return RELEASED.has(ecosystem);
}

/** True for ecosystems whose packages make an operating system. */
export function isDistribution(ecosystem: string): boolean {
  return RELEASED.has(ecosystem) || ROLLING.has(ecosystem);
}

/** `Debian:12` is Debian, release 12; `Debian` is every release (https://ossf.github.io/osv-schema/#affectedpackage-field). */
export function parseOsvEcosystem(text: string): { readonly ecosystem: string; readonly release?: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { ecosystem: text };
  const ecosystem = text.slice(0, colon);
  if (!hasReleases(ecosystem)) return { ecosystem };
  return { ecosystem, release: text.slice(colon + 1).replace(/^v(?=\d)/, '') };
}

/** The part of a release that advisories go by: `12` of `12.5`, `24.04` of `24.04:LTS`, `3.19` of `3.19.1`. */
export function trunk(ecosystem: string, release: string): string {
  const plain = release.replace(/^v(?=\d)/, '');
  switch (ecosystem) {
    case 'Debian':
    case 'Rocky Linux':
    case 'AlmaLinux':
      return /^\d+/.exec(plain)?.[0] ?? plain;
    case 'Alpine':
      return /^\d+\.\d+/.exec(plain)?.[0] ?? plain;
    case 'Ubuntu':
      return plain.replace(/:LTS$/, '');
    case 'Red Hat':
      // A CPE without its vendor: what follows the version (`::baseos`) is a repository of the same release, and from 10 on
      // what follows the dot is an update of it. `rhel_eus:9.2` stays what it is.
      return plain.replace(/::.*$/, '').replace(/^(enterprise_linux:\d+)\.\d+$/, '$1');
    case 'SUSE':
      // Advisories name modules (`Linux Enterprise Module for Basesystem 15 SP6`) beside products: the service pack is the release.
      return /^Linux Enterprise .*?(?<= )(\d+(?: SP\d+)?)$/.exec(plain)?.[1] ?? plain;
    default:
      return plain;
  }
}

/**
 * True where an advisory for `stated` speaks of `installed`, both as OSV writes releases behind the ecosystem's name.
 * `Pro:18.04:LTS` is no `18.04:LTS`, nor `rhel_eus:9.2` an `enterprise_linux:9`: those fixes reach subscribers only.
 */
export function isSameRelease(ecosystem: string, stated: string, installed: string): boolean {
  return trunk(ecosystem, stated) === trunk(ecosystem, installed);
}
