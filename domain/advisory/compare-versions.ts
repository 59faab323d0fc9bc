import type { Ecosystem } from '../sbom/component.ts';
import { compareDpkg } from './version-order/dpkg.ts';
import { compareGo } from './version-order/go.ts';
import { compareMaven } from './version-order/maven.ts';
import type { Order, VersionOrder } from './version-order/order.ts';
import { comparePep440 } from './version-order/pep440.ts';
import { compareSemver } from './version-order/semver.ts';

/** Ecosystems whose order we know. Adding one is a file under version-order/ and a line here. */
const orders: Partial<Record<Ecosystem, VersionOrder>> = {
  npm: compareSemver,
  'crates.io': compareSemver,
  Go: compareGo,
  PyPI: comparePep440,
  Debian: compareDpkg,
  Maven: compareMaven,
};

/** Longer texts are no versions; the bound keeps hostile input from costing time. */
const MAXIMUM_LENGTH = 256;

/** Order of two versions of one ecosystem; undefined where the ecosystem's order is not known or either is no version of it. */
export function compareVersions(ecosystem: Ecosystem, a: string, b: string): Order | undefined {
  if (a.length > MAXIMUM_LENGTH || b.length > MAXIMUM_LENGTH) return undefined;
  return orders[ecosystem]?.(a, b);
}
