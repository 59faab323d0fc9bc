import { type Finding, isMalicious, isSuppressed, severityRank } from '../../../domain/advisory/finding.ts';
import type { Reach } from '../../../domain/advisory/reach.ts';
import { describeReach, shortName } from './describe-reach.ts';
import { listFindings, type ScanReport } from './scan-report.ts';

/** What one component has, and the one upgrade that ends most of it. */
export interface FixGroup {
  readonly name: string;
  readonly version: string;
  /** The version to go to, and how many of the members end there; absent where no version is known to be fixed. */
  readonly upgrade: { readonly version: string; readonly ends: number; readonly reach?: Reach } | undefined;
  /** Purls from one's own dependency to the component; absent where it is one's own. */
  readonly path: readonly string[] | undefined;
  /** Worst first. */
  readonly members: readonly { readonly finding: Finding; readonly platform: string | undefined }[];
}

/** By the word first, then by the score: at most 10, so that a hundredth of it never outweighs a word. */
const weigh = ({ severity, score = 0 }: Finding) => severityRank(severity) + score / 100;
const worst = ({ members }: FixGroup) => weigh(members[0]!.finding);

/** Findings that count, a group a component: those with a fix before those without, each worst first. */
export function groupByFix(report: ScanReport): FixGroup[] {
  const open = listFindings(report).filter(({ finding }) => !isSuppressed(finding));
  const upgrades = new Map(report.platforms.flatMap(({ result }) => result.upgrades.map((one) => [one.purl, one])));
  return [...Map.groupBy(open, ({ finding }) => finding.purl)]
    .map(([purl, unsorted]): FixGroup => {
      const members = unsorted.toSorted((a, b) => weigh(b.finding) - weigh(a.finding));
      const { name, version, path } = members[0]!.finding;
      const upgrade = upgrades.get(purl);
      const ends = members.filter(({ finding }) => upgrade?.ends.includes(finding.advisory)).length;
      return {
        ...{ name, version, path, members },
        upgrade: upgrade === undefined || ends === 0 ? undefined : { ...upgrade, ends },
      };
    })
    .sort((a, b) => {
      if ((a.upgrade === undefined) !== (b.upgrade === undefined)) return a.upgrade === undefined ? 1 : -1;
      return worst(b) - worst(a);
    });
}

function describeUpgrade({ upgrade, members }: FixGroup): string {
  if (members.some(({ finding }) => isMalicious(finding))) return 'malicious, remove it';
  if (upgrade === undefined) return 'no fix known';
  if (members.length === 1) return `upgrade to ${upgrade.version}`;
  const many = upgrade.ends === members.length ? `all ${upgrade.ends}` : `${upgrade.ends} of ${members.length}`;
  return `upgrade to ${upgrade.version}, for ${many}`;
}

/** `lodash 4.17.15: upgrade to 4.17.21, for all 4; express@4.17.1 needs it; its range allows it: update the lockfile`. */
export function describeFix(group: FixGroup): string {
  const { path, upgrade, members } = group;
  // Lockfiles do not all say what one asks for oneself: it may be that too.
  const way = path === undefined ? '' : `; ${shortName(path[0])} needs it`;
  const isMeant = upgrade?.reach !== undefined && !members.some(({ finding }) => isMalicious(finding));
  return `${group.name} ${group.version}: ${describeUpgrade(group)}${way}${isMeant ? `; ${describeReach(upgrade.reach, members[0]!.finding.purl)}` : ''}`;
}
