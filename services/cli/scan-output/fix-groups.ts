import { type Finding, isSuppressed, severityRank } from '../../../domain/advisory/finding.ts';
import { listFindings, type ScanReport } from './scan-report.ts';

/** Findings that one upgrade ends. */
export interface FixGroup {
  readonly name: string;
  readonly version: string;
  /** Absent where no version is known to be fixed. */
  readonly fixedIn: string | undefined;
  /** Purls from one's own dependency to the component; absent where it is one's own. */
  readonly path: readonly string[] | undefined;
  /** Worst first. */
  readonly members: readonly { readonly finding: Finding; readonly platform: string | undefined }[];
}

/** Findings that count, a group an upgrade: those with a fix before those without, each worst first. */
export function groupByFix(report: ScanReport): FixGroup[] {
  const open = listFindings(report).filter(({ finding }) => !isSuppressed(finding));
  const groups = Map.groupBy(open, ({ finding }) => `${finding.name}\0${finding.version}\0${finding.fixedIn ?? ''}`);
  return [...groups.values()]
    .map((members) => {
      const sorted = members.toSorted((a, b) => severityRank(b.finding.severity) - severityRank(a.finding.severity));
      const { name, version, fixedIn, path } = sorted[0]!.finding;
      return { name, version, fixedIn, path, members: sorted };
    })
    .sort((a, b) => {
      if ((a.fixedIn === undefined) !== (b.fixedIn === undefined)) return a.fixedIn === undefined ? 1 : -1;
      return severityRank(b.members[0]!.finding.severity) - severityRank(a.members[0]!.finding.severity);
    });
}

/** `lodash 4.17.15: upgrade to 4.17.21, by way of express`. */
export function describeFix({ name, version, fixedIn, path }: FixGroup): string {
  const direct = path?.[0]?.replace(/^pkg:[^/]+\//, '').replaceAll('%40', '@');
  const way = direct === undefined ? '' : `, which is there by way of ${direct}`;
  return `${name} ${version}: ${fixedIn === undefined ? 'no fix known' : `upgrade to ${fixedIn}`}${way}`;
}
