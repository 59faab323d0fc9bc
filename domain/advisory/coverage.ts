/** What the advisories there are can speak of: nothing is known of the rest, and nothing found there is no clean bill. */
import type { Component } from '../sbom/component.ts';
import type { AdvisoryDatabaseState } from './database.ts';
import { distributionKey } from './left-to-distribution.ts';
import { parseOsvEcosystem } from './package-identity.ts';

type Coverage = Pick<AdvisoryDatabaseState, 'ecosystems' | 'distributions'>;
type Asked = Pick<Component, 'purl' | 'ecosystem' | 'release'>;

/** Why nothing can be said of a component. */
export interface Gap {
  /** What there are no advisories of: `RubyGems`, `Alpine 3.22`, `amzn`. Absent where no advisory goes by what the component is. */
  readonly name?: string;
  readonly reason: string;
}

/** Package URLs of what makes an operating system, whose package manager says of which one. */
const SYSTEM = /^pkg:(deb|apk|rpm|alpm|qpkg)\/(?:([^/@?#]+)\/)?/;

const NO_IDENTITY: Gap = { reason: 'it has no package URL that advisories go by' };

/**
 * Undefined where there are advisories. OSV has none of many distributions: an image of one is not clean because of the wheels in it
 * that can be compared. Nor is a release that no record names (too new, or past its end), but where all records of a distribution are
 * about every release. Each gap is one object, however many components share it.
 */
export function createCoverage({ ecosystems, distributions }: Coverage): (component: Asked) => Gap | undefined {
  const covered = new Set<string>(ecosystems);
  const named = new Set(distributions);
  const released = new Set(distributions.map((one) => parseOsvEcosystem(one).ecosystem));
  const gaps = new Map<string, Gap>();
  const gap = (name: string, reason: string): Gap => {
    const known = gaps.get(reason) ?? { name, reason };
    gaps.set(reason, known);
    return known;
  };
  return ({ purl, ecosystem, release }) => {
    if (ecosystem === 'generic') {
      const [, type, vendor] = SYSTEM.exec(purl) ?? [];
      if (type === undefined) return NO_IDENTITY;
      const system = vendor ?? `${type} packages of no known distribution`;
      return gap(system, `advisories of ${system} are not compared`);
    }
    if (covered.has(ecosystem)) {
      if (release === undefined || !released.has(ecosystem)) return undefined;
      const key = distributionKey(ecosystem, release);
      if (key === undefined || named.has(key)) return undefined;
      const system = `${ecosystem} ${release}`;
      return gap(system, `the advisory database has no records of ${system}`);
    }
    return gap(ecosystem, `the advisory database has no records of ecosystem ${ecosystem}`);
  };
}

/** What there are no advisories of, by name, and how many of the components are of it. */
export function uncoveredIn(components: Iterable<Asked>, coverage: Coverage): ReadonlyMap<string, number> {
  const gapOf = createCoverage(coverage);
  const counts = new Map<string, number>();
  for (const component of components) {
    const name = gapOf(component)?.name;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
