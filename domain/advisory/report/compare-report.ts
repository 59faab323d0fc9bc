/** What another scanner found, held against our own findings: found by both, only there, only here. */
import { parsePurl } from '../../sbom/purl.ts';
import { cautiousRank, type Finding, namesOf } from '../finding.ts';
import type { ReportedFinding } from './scanner-report.ts';

export interface ReportComparison<T extends ReportedFinding = ReportedFinding> {
  /** Ours, each with whether the other has it: the same vulnerability, by any of its names, in the same package and version. */
  readonly agreed: readonly Finding[];
  /** Findings of the other that we have not; the same one in several places once. */
  readonly onlyTheirs: readonly T[];
  readonly onlyOurs: readonly Finding[];
}

/** Type, name and version, without what scanners write differently: qualifiers, places in a package, encodings. */
function packageKey(purl: string): string | undefined {
  try {
    const { type, namespace = '', name, version = '' } = parsePurl(purl);
    return JSON.stringify([type, namespace.toLowerCase(), name.toLowerCase(), version]);
  } catch {
    return undefined;
  }
}

/** A vulnerability in a package, as it may be written: by purl, by name and version; where a report names no package, by itself. */
function keysOf(id: string, purl: string | undefined, name: string, version: string): string[] {
  const key = purl === undefined ? undefined : packageKey(purl);
  return [
    ...(key === undefined ? [] : [`${id} ${key}`]),
    ...(name === '' ? [] : [`${id} ${name.toLowerCase()} ${version}`]),
    ...(key === undefined && name === '' ? [id] : []),
  ];
}

function keysOfOurs(finding: Finding): string[] {
  const { purl, name, version } = finding;
  const ids = [...namesOf(finding), ...(finding.upstream ?? [])];
  return ids.flatMap((id) => [...keysOf(id, purl, name, version), id]);
}

export function compareReport<T extends ReportedFinding>(
  findings: readonly Finding[],
  report: { readonly findings: readonly T[] },
): ReportComparison<T> {
  const theirs = new Set(
    report.findings.flatMap(({ ids, purl, name, version }) => ids.flatMap((id) => keysOf(id, purl, name, version))),
  );
  const ours = new Set(findings.flatMap(keysOfOurs));
  const isAgreed = (finding: Finding) => keysOfOurs(finding).some((key) => theirs.has(key));
  const only = report.findings.filter(({ ids, purl, name, version }) =>
    ids.every((id) => keysOf(id, purl, name, version).every((key) => !ours.has(key))),
  );
  const distinct = new Map<string, T>();
  for (const one of only) {
    const key = JSON.stringify([one.ids[0], one.purl, one.name, one.version]);
    const other = distinct.get(key);
    if (other === undefined || cautiousRank(one.severity) > cautiousRank(other.severity)) distinct.set(key, one);
  }
  return {
    agreed: findings.filter(isAgreed),
    onlyTheirs: [...distinct.values()],
    onlyOurs: findings.filter((finding) => !isAgreed(finding)),
  };
}
