/** Components against advisories: pure, over records that were already looked up. */
import type { Component } from '../sbom/component.ts';
import { createDependencyPaths } from './dependency-paths.ts';
import type { Evaluation } from './evaluate-affected.ts';
import { evaluateFor } from './evaluate-component.ts';
import { findFixes, findUpgrade, type Upgrade } from './find-fixes.ts';
import { type Finding, severityRank, type Undecided } from './finding.ts';
import { countsAnyway } from './left-to-distribution.ts';
import { mergeAliases, namedBy } from './merge-aliases.ts';
import type { OsvAffected, OsvRecord } from './osv-record.ts';
import { findReach } from './reach.ts';
import { rateSeverity } from './severity.ts';

/** Records that may speak of a component, however they were found. */
export type AdvisoryLookup = (component: Component) => readonly OsvRecord[];

export interface MatchResult {
  /** Worst first, then by purl and advisory. */
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** At most one a component, in the order of components. */
  readonly upgrades: readonly Upgrade[];
}

function advisoryUrl(id: string): string {
  if (id.startsWith('GHSA-')) return `https://github.com/advisories/${id}`;
  if (/^(DSA|DLA)-/.test(id)) return `https://security-tracker.debian.org/tracker/${id}`;
  return `https://osv.dev/vulnerability/${id}`;
}

function toFinding(
  component: Component,
  record: OsvRecord,
  affected: OsvAffected,
  { because }: Extract<Evaluation, { kind: 'affected' }>,
): Finding {
  const { severity, score, from } = rateSeverity(record, affected);
  return {
    advisory: record.id,
    ...namedBy(record),
    summary: (record.summary ?? record.details ?? '').split('\n', 1)[0]?.slice(0, 300) ?? '',
    severity,
    ...(score === undefined ? {} : { score }),
    ...(from === undefined ? {} : { severityFrom: from }),
    purl: component.purl,
    name: component.name,
    version: component.version,
    because,
    locations: component.locations,
    url: advisoryUrl(record.id),
  };
}

function matchRecord(component: Component, record: OsvRecord): Finding | Undecided | undefined {
  let undecided: Undecided | undefined;
  for (const affected of record.affected) {
    const evaluation = evaluateFor(component, affected);
    switch (evaluation.kind) {
      case 'affected':
        return toFinding(component, record, affected, evaluation);
      case 'undecided':
        undecided ??= { purl: component.purl, advisory: record.id, reason: evaluation.reason };
        break;
      case 'unaffected':
        break;
    }
  }
  return undecided;
}

function byWeight(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return severityRank(b.severity) - severityRank(a.severity);
  if (a.purl !== b.purl) return a.purl < b.purl ? -1 : 1;
  return a.advisory < b.advisory ? -1 : a.advisory > b.advisory ? 1 : 0;
}

/**
 * Matches every component against the records `lookup` has for it. Withdrawn records never match; of what is left to a
 * distribution's advisories only those do that count anyway.
 */
export function matchComponents(
  components: readonly Component[],
  lookup: AdvisoryLookup,
  isLeft: (component: Component) => boolean = () => false,
): MatchResult {
  const findings: Finding[] = [];
  const undecided: Undecided[] = [];
  const upgrades: Upgrade[] = [];
  const paths = createDependencyPaths(components);
  for (const component of components) {
    const own: Finding[] = [];
    const matched = new Map<string, OsvRecord>();
    const left = isLeft(component);
    for (const record of lookup(component)) {
      if (record.withdrawn || (left && !countsAnyway(record))) continue;
      const result = matchRecord(component, record);
      if (result === undefined) continue;
      if ('locations' in result) {
        own.push(result);
        matched.set(record.id, record);
      } else undecided.push(result);
    }
    if (own.length === 0) continue;
    const path = paths.pathTo(component);
    const reached = (version: string | undefined) => {
      const reach = version === undefined ? undefined : findReach(component, version, paths);
      return reach === undefined ? {} : { reach };
    };
    const recordsOf = ({ advisory, aliases }: Finding) => [advisory, ...aliases].flatMap((id) => matched.get(id) ?? []);
    const merged = mergeAliases(own).map((finding) => ({ ...finding, ...findFixes(component, recordsOf(finding)) }));
    const upgrade = findUpgrade(component, merged, recordsOf);
    if (upgrade !== undefined) upgrades.push({ ...upgrade, ...reached(upgrade.version) });
    findings.push(
      ...merged.map((finding) => ({
        ...finding,
        ...(path === undefined ? {} : { path }),
        ...reached(finding.fixedIn),
      })),
    );
  }
  return { findings: findings.sort(byWeight), undecided, upgrades };
}
