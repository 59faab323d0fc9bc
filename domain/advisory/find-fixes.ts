/** Which version to go to: the nearest one that ends a finding, and the newest one that its records name. */
import type { Component } from '../sbom/component.ts';
import { compareVersions } from './compare-versions.ts';
import { evaluateAffected, fixesAbove } from './evaluate-affected.ts';
import { evaluateFor, speaksOf } from './evaluate-component.ts';
import type { Finding } from './finding.ts';
import type { OsvAffected, OsvRecord } from './osv-record.ts';

export interface Fixes {
  /** Lowest version named as fixed, above the one found, that no record of the vulnerability calls affected. */
  readonly fixedIn?: string;
  /** The highest such version, where it is another one: of a newer line of releases. */
  readonly latestFix?: string;
}

/** Every version named as fixed by one of the entries, that none of them calls affected; lowest first. */
function fixesOf({ ecosystem, advisoryVersion }: Component, entries: readonly OsvAffected[]): string[] {
  const ranges = entries.flatMap((entry) => entry.ranges);
  return fixesAbove(ecosystem, advisoryVersion, ranges).filter((fix) =>
    entries.every((entry) => evaluateAffected(ecosystem, fix, entry).kind !== 'affected'),
  );
}

/**
 * `records` are all of one vulnerability, the preferred one first. A line of releases often has an entry of its own, and
 * records under other names may know of later fixes: all of them are asked. Where they contradict each other, so that
 * nothing one of them names is fixed by all, the first that names a fix has its way.
 */
export function findFixes(component: Component, records: readonly OsvRecord[]): Fixes {
  const entries = records.map(({ affected }) => affected.filter((entry) => speaksOf(component, entry) === 'yes'));
  const fixes = [entries.flat(), ...entries].map((group) => fixesOf(component, group)).find(({ length }) => length > 0);
  const [fixedIn, ...later] = (fixes ?? []).map((fix) => spellAs(component, fix));
  const latestFix = later.at(-1);
  return { ...(fixedIn === undefined ? {} : { fixedIn }), ...(latestFix === undefined ? {} : { latestFix }) };
}

/** OSV writes Go's versions without the `v` that `go get` wants. */
function spellAs({ ecosystem, version }: Component, fix: string): string {
  return ecosystem === 'Go' && version.startsWith('v') && /^\d/.test(fix) ? `v${fix}` : fix;
}

/** The one version to go to for most of what a component has. */
export interface Upgrade {
  readonly purl: string;
  readonly version: string;
  /** Advisories of the findings that no record calls affected any more there. */
  readonly ends: readonly string[];
}

/** Of all versions that end one of the findings the one that ends most; of several the lowest. `records` has those of each. */
export function findUpgrade(
  component: Component,
  findings: readonly Finding[],
  records: (finding: Finding) => readonly OsvRecord[],
): Upgrade | undefined {
  const { ecosystem, purl } = component;
  const order = (a: string, b: string) => compareVersions(ecosystem, a, b) ?? 0;
  const named = findings.flatMap(({ fixedIn, latestFix }) => [fixedIn, latestFix].filter((fix) => fix !== undefined));
  const ended = [...new Set(named)].sort(order).map((version) => {
    const at = { ...component, version, advisoryVersion: version };
    const ends = findings.filter((finding) => records(finding).every((record) => !isAffected(at, record)));
    return { purl, version, ends: ends.map(({ advisory }) => advisory) };
  });
  const most = Math.max(...ended.map(({ ends }) => ends.length));
  return ended.find(({ ends }) => ends.length === most && most > 0);
}

const isAffected = (component: Component, { affected }: OsvRecord) =>
  affected.some((entry) => evaluateFor(component, entry).kind === 'affected');
