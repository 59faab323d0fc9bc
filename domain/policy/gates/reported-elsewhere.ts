import { cautiousRank, type Finding, isSuppressed, type Severity } from '../../advisory/finding.ts';
import { compareReport } from '../../advisory/report/compare-report.ts';
import type { JudgedArtifact } from '../gate.ts';

/** What another scanner has and we have not, at or above a severity. */
export interface ReportedElsewhere {
  readonly finding: Finding;
  readonly scanner: string;
}

/** The same from several reports once. Severities that a report does not say count as the highest. */
export function reportedElsewhere(
  { key, platforms, reports = [] }: JudgedArtifact,
  atLeast: Exclude<Severity, 'none' | 'unknown'>,
): { readonly counted: readonly ReportedElsewhere[]; readonly decided: readonly ReportedElsewhere[] } {
  const found = new Map<string, ReportedElsewhere>();
  for (const report of reports) {
    const ours = platforms
      .filter(({ digest }) => report.about === key.digest || report.covers.includes(digest))
      .flatMap(({ findings }) => findings);
    for (const { finding } of compareReport(ours, report).onlyTheirs) {
      const { advisory, purl, name, version, severity } = finding;
      // About one platform and another are two: what was decided about one says nothing of the other.
      const id = JSON.stringify([report.about, advisory, purl, name, version]);
      if (cautiousRank(severity) >= cautiousRank(atLeast) && !found.has(id))
        found.set(id, { finding, scanner: report.scanner });
    }
  }
  const all = [...found.values()];
  return {
    counted: all.filter(({ finding }) => !isSuppressed(finding)),
    decided: all.filter(({ finding }) => isSuppressed(finding)),
  };
}
