import type { Ecosystem } from '../sbom/component.ts';
import { compareApk } from './version-order/apk.ts';
import { compareCran } from './version-order/cran.ts';
import { compareDpkg } from './version-order/dpkg.ts';
import { compareGo } from './version-order/go.ts';
import { compareMaven } from './version-order/maven.ts';
import { compareNuget } from './version-order/nuget.ts';
import type { Order, VersionOrder } from './version-order/order.ts';
import { comparePackagist } from './version-order/packagist.ts';
import { comparePep440, comparePep440ToNamed } from './version-order/pep440.ts';
import { comparePub } from './version-order/pub.ts';
import { compareRpm } from './version-order/rpm.ts';
import { compareRubyGems } from './version-order/rubygems.ts';
import { compareSemver } from './version-order/semver.ts';

/** The order of every ecosystem; `generic` has none. Adding one is a file under version-order/ and a line here. */
const orders: Readonly<Record<Exclude<Ecosystem, 'generic'>, VersionOrder>> = {
  npm: compareSemver,
  PyPI: comparePep440,
  Maven: compareMaven,
  Go: compareGo,
  'crates.io': compareSemver,
  RubyGems: compareRubyGems,
  NuGet: compareNuget,
  Packagist: comparePackagist,
  Hex: compareSemver,
  Pub: comparePub,
  CRAN: compareCran,
  SwiftURL: compareSemver,
  'GitHub Actions': compareSemver,
  Debian: compareDpkg,
  Ubuntu: compareDpkg,
  Alpine: compareApk,
  Wolfi: compareApk,
  Chainguard: compareApk,
  'Red Hat': compareRpm,
  'Rocky Linux': compareRpm,
  AlmaLinux: compareRpm,
  openSUSE: compareRpm,
  SUSE: compareRpm,
};

/** Longer texts are no versions; the bound keeps hostile input from costing time. */
const MAXIMUM_LENGTH = 256;

/** Order of two versions of one ecosystem; undefined where the ecosystem's order is not known or either is no version of it. */
export function compareVersions(ecosystem: Ecosystem, a: string, b: string): Order | undefined {
  if (a.length > MAXIMUM_LENGTH || b.length > MAXIMUM_LENGTH) return undefined;
  return ecosystem === 'generic' ? undefined : orders[ecosystem](a, b);
}

/** The same for a version that somebody has and one that an advisory names, which for Python is not always the order of versions. */
export function compareToNamed(ecosystem: Ecosystem, version: string, named: string): Order | undefined {
  if (ecosystem !== 'PyPI' || Math.max(version.length, named.length) > MAXIMUM_LENGTH)
    return compareVersions(ecosystem, version, named);
  return comparePep440ToNamed(version, named);
}
