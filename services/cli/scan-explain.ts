/** `pratique scan --explain ID`: what was decided about one advisory, and why. */
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import { explainAdvisory } from '../../domain/advisory/explain.ts';
import { namesOf } from '../../domain/advisory/finding.ts';
import type { CliIo } from './io.ts';
import { printable } from './printable.ts';
import { describeSuppression } from './scan-decisions.ts';
import { describeReach, shortName } from './scan-output/describe-reach.ts';
import { formatLocation, listFindings, type ScanReport } from './scan-output/scan-report.ts';

/** Writes for people, to standard output. */
export async function explainScan(
  id: string,
  report: ScanReport,
  database: AdvisoryDatabase,
  io: CliIo,
): Promise<void> {
  const components = report.platforms.flatMap(({ source }) => source.stock.components);
  const explained = await explainAdvisory(id, components, database);
  if (explained.length === 0)
    io.out.write(printableLine(`${id}: names no package of ${report.describe}, or is not among the advisories in use`));
  for (const { advisory, purl, outcome, because } of explained)
    io.out.write(printableLine(`${advisory}: ${purl}: ${outcome}: ${because}`));
  for (const { finding } of listFindings(report)) {
    if (!namesOf(finding).includes(id)) continue;
    io.out.write(
      printableLine(`finding: ${finding.advisory}, also ${finding.aliases.join(', ') || 'under no other name'}`),
    );
    const score = finding.score === undefined ? '' : ` ${finding.score.toFixed(1)}`;
    io.out.write(printableLine(`  severity ${finding.severity}${score}, from ${finding.severityFrom ?? 'nothing'}`));
    io.out.write(printableLine(`  fixed in ${finding.fixedIn ?? 'no version known'}${latest(finding.latestFix)}`));
    if (finding.epss !== undefined)
      io.out.write(printableLine(`  EPSS ${finding.epss.score}, percentile ${finding.epss.percentile}`));
    if (finding.kev !== undefined) io.out.write(printableLine(`  known to be exploited since ${finding.kev.added}`));
    for (const location of finding.locations) io.out.write(printableLine(`  at ${formatLocation(location)}`));
    if (finding.path !== undefined) io.out.write(printableLine(`  by way of ${finding.path.join(' > ')}`));
    if (finding.reach !== undefined) {
      io.out.write(printableLine(`  ${finding.reach.version}: ${describeReach(finding.reach, finding.purl)}`));
      const { direct } = finding.reach;
      if (direct.length > 1) io.out.write(printableLine(`  brought by ${direct.map(shortName).join(', ')}`));
    }
    const suppression = describeSuppression(finding);
    if (suppression !== undefined) io.out.write(printableLine(`  ${suppression}`));
  }
}

const latest = (fix: string | undefined) => (fix === undefined ? '' : `, latest ${fix}`);
const printableLine = (text: string) => `${printable(text)}\n`;
