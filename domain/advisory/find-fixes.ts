/** Which version to go to: the nearest one that ends a finding, and the newest one that its records name. */
import type { Component } from '../sbom/component.ts';
import { compareVersions } from './compare-versions.ts';
import { evaluateAffected, fixesAbove } from './evaluate-affected.ts';
import { evaluateFor, speaksOf } from './evaluate-component.ts';
import type { Finding } from './finding.ts';
import type { OsvAffected, OsvRecord } from './osv-record.ts';
import type { Reach } from './reach.ts';

export interface Fixes {
  /** Lowest version named as fixed, above the one found, that no record of the vulnerability calls affected. */
  readonly fixedIn?: string;
  /** The highest such version, where it is another one: of a newer line of releases. */
  readonly latestFix?: string;
}

/** The lowest and the highest version named as fixed by one of the entries that none of them calls affected. */
function fixesOf({ ecosystem, advisoryVersion }: Component, entries: readonly OsvAffected[]): string[] {
  const named = fixesAbove(
    ecosystem,
    advisoryVersion,
    entries.flatMap((entry) => entry.ranges),
  ).map((fix) => releaseAt(ecosystem, fix));
  const isFixed = (fix: string) =>
    entries.every((entry) => evaluateAffected(ecosystem, fix, entry).kind !== 'affected');
  return [...new Set([named.find(isFixed), named.findLast(isFixed)])].filter((fix) => fix !== undefined);
}

/** RUSTSEC's `1.2.0-0` is a bound below whatever leads to 1.2.0, and no version: nobody publishes it. */
function releaseAt(ecosystem: string, fix: string): string {
  return ecosystem === 'crates.io' ? fix.replace(/^(\d+\.\d+\.\d+)-0$/, '$1') : fix;
}

/**
 * `records` are all of one vulnerability, the preferred one first. A line of releases often has an entry of its own, and
 * records under other names may know of later fixes: all of them are asked. Where they contradict each other, so that
 * nothing one of them names is fixed by all, the first that names a fix has its way.
 */
export function findFixes(component: Component, records: readonly OsvRecord[]): Fixes {
  const entries = records.map(({ affected }) => affected.filter((entry) => speaksOf(component, entry) === 'yes'));
  const fixes = [entries.flat(), ...entries].map((group) => fixesOf(component, group)).find(({ length }) => length > 0);
  const [fixedIn, latestFix] = (fixes ?? []).map((fix) => spellAs(component, fix));
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
  /** Whether that version can be there without another package first. */
  readonly reach?: Reach;
}

/** Versions that are looked at: kernels have thousands of findings, with as many fixes. */
const MOST_LOOKED_AT = 16;

/**
 * Of the versions that end one of the findings the one that ends most; of several the lowest. Looked at first is the lowest
 * that can end all. `records` has those of each finding.
 */
export function findUpgrade(
  component: Component,
  findings: readonly Finding[],
  records: (finding: Finding) => readonly OsvRecord[],
): Upgrade | undefined {
  const { ecosystem, purl } = component;
  const order = (a: string, b: string) => compareVersions(ecosystem, a, b) ?? 0;
  const versionsOf = (fixes: readonly (string | undefined)[]) =>
    [...new Set(fixes.filter((fix) => fix !== undefined))].sort(order);
  const fixable = findings.filter(({ fixedIn }) => fixedIn !== undefined);
  const nearest = versionsOf(fixable.map(({ fixedIn }) => fixedIn));
  const least = nearest.at(-1);
  if (least === undefined) return undefined;
  const higher = versionsOf(fixable.map(({ latestFix }) => latestFix)).filter((fix) => order(fix, least) > 0);
  let best: Upgrade | undefined;
  for (const version of [least, ...higher, ...nearest.toReversed().slice(1)].slice(0, MOST_LOOKED_AT)) {
    const at = { ...component, version, advisoryVersion: version };
    const ended = fixable.filter((finding) => records(finding).every((record) => !isAffected(at, record)));
    const ends = ended.map(({ advisory }) => advisory);
    if (best === undefined || ends.length > best.ends.length) best = { purl, version, ends };
    else if (ends.length === best.ends.length && order(version, best.version) < 0) best = { purl, version, ends };
    if (ends.length === fixable.length) break;
  }
  return best;
}

const isAffected = (component: Component, { affected }: OsvRecord) =>
  affected.some((entry) => evaluateFor(component, entry).kind === 'affected');
