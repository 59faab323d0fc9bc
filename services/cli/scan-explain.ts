/** `pratique scan --explain ID`: what was decided about one advisory, and why. */
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import { explainAdvisory } from '../../domain/advisory/explain.ts';
import { type Finding, namesOf } from '../../domain/advisory/finding.ts';
import { printable } from './printable.ts';
import { describeSuppression } from './scan-decisions.ts';
import { describeReach, shortName } from './scan-output/describe-reach.ts';
import { formatLocation, listFindings, type ScanReport } from './scan-output/scan-report.ts';

interface ScanExplanation {
  readonly id: string;
  readonly source: string;
  /** Every entry of the advisory that names a package of the source. */
  readonly entries: Awaited<ReturnType<typeof explainAdvisory>>;
  readonly findings: readonly Finding[];
}

export async function explainScan(
  id: string,
  report: ScanReport,
  database: AdvisoryDatabase,
): Promise<ScanExplanation> {
  const components = report.platforms.flatMap(({ source }) => source.stock.components);
  const findings = listFindings(report).map(({ finding }) => finding);
  return {
    id,
    source: report.describe,
    entries: await explainAdvisory(id, components, database),
    findings: findings.filter((finding) => namesOf(finding).includes(id)),
  };
}

/** For people; lines of a terminal. */
export function formatScanExplanation({ id, source, entries, findings }: ScanExplanation): string {
  const told = entries.map(({ advisory, purl, outcome, because }) => `${advisory}: ${purl}: ${outcome}: ${because}`);
  const nothing =
    entries.length > 0 ? [] : [`${id}: names no package of ${source}, or is not among the advisories in use`];
  return [...nothing, ...told, ...findings.flatMap(describeFinding)].map((line) => `${printable(line)}\n`).join('');
}

function describeFinding(finding: Finding): string[] {
  const score = finding.score === undefined ? '' : ` ${finding.score.toFixed(1)}`;
  const lines = [
    `finding: ${finding.advisory}, also ${finding.aliases.join(', ') || 'under no other name'}`,
    `  severity ${finding.severity}${score}, from ${finding.severityFrom ?? 'nothing'}`,
    `  fixed in ${finding.fixedIn ?? 'no version known'}${latest(finding.latestFix)}`,
  ];
  if (finding.epss !== undefined) lines.push(`  EPSS ${finding.epss.score}, percentile ${finding.epss.percentile}`);
  if (finding.kev !== undefined) lines.push(`  known to be exploited since ${finding.kev.added}`);
  for (const location of finding.locations) lines.push(`  at ${formatLocation(location)}`);
  if (finding.path !== undefined) lines.push(`  by way of ${finding.path.join(' > ')}`);
  if (finding.reach !== undefined) {
    lines.push(`  ${finding.reach.version}: ${describeReach(finding.reach, finding.purl)}`);
    const { direct } = finding.reach;
    if (direct.length > 1) lines.push(`  brought by ${direct.map(shortName).join(', ')}`);
  }
  const suppression = describeSuppression(finding);
  return suppression === undefined ? lines : [...lines, `  ${suppression}`];
}

const latest = (fix: string | undefined) => (fix === undefined ? '' : `, latest ${fix}`);
