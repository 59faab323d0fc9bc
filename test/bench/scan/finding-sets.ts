/** What two scanners found, as sets that can be compared: (component, advisory), whatever name each gives the advisory. */
import { readFileSync } from 'node:fs';

/** `ecosystem name version` to the ids of each finding. */
export type FindingSet = ReadonlyMap<string, readonly (readonly string[])[]>;

const key = (ecosystem: string, name: string, version: string) =>
  `${ecosystem} ${name} ${version.replace(/^v(?=\d)/, '')}`.toLowerCase();

/** Purl types by the ecosystem OSV calls so. */
const ECOSYSTEMS: Readonly<Record<string, string>> = {
  pypi: 'PyPI',
  golang: 'Go',
  cargo: 'crates.io',
  gem: 'RubyGems',
  composer: 'Packagist',
  deb: 'Debian',
  apk: 'Alpine',
};

function add(set: Map<string, string[][]>, component: string, ids: string[]): void {
  set.set(component, [...(set.get(component) ?? []), ids]);
}

/** Of `pratique scan -o json`. */
export function readOurs(file: string): FindingSet {
  const set = new Map<string, string[][]>();
  const report = JSON.parse(readFileSync(file, 'utf8'));
  for (const { findings } of report.platforms)
    for (const { purl, name, version, advisory, aliases, upstream = [] } of findings) {
      const type = /^pkg:([^/]+)\//.exec(purl)?.[1] ?? '';
      add(set, key(ECOSYSTEMS[type] ?? type, name, version), [advisory, ...aliases, ...upstream]);
    }
  return set;
}

/** Of `osv-scanner scan source --format json --all-vulns`. */
export function readTheirs(file: string): FindingSet {
  const set = new Map<string, string[][]>();
  for (const { packages } of JSON.parse(readFileSync(file, 'utf8')).results ?? [])
    for (const { package: found, vulnerabilities = [] } of packages)
      for (const { id } of vulnerabilities)
        add(set, key(found.ecosystem.split(':')[0], found.name, found.version), [id]);
  return set;
}

/** `component: ids` of the findings of one that the other has under none of their names. */
export function missingFrom(other: FindingSet, one: FindingSet): string[] {
  return [...one].flatMap(([component, findings]) => {
    const known = new Set((other.get(component) ?? []).flat());
    return findings.filter((ids) => !ids.some((id) => known.has(id))).map((ids) => `${component}: ${ids.join(', ')}`);
  });
}

export const countFindings = (set: FindingSet): number => [...set.values()].flat().length;
