/** The exit code of a scan. */

import { isSuppressed, type Severity, severities } from '../../domain/advisory/finding.ts';
import { plural } from '../../domain/plural.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { describeNoAdvisories } from './feed-age.ts';
import type { CliIo } from './io.ts';
import { printable } from './printable.ts';
import { describeNothing, type ScanReport } from './scan-output/scan-report.ts';
import { warnIncomplete } from './warn-incomplete.ts';

export interface Gate {
  readonly failOn?: Exclude<Severity, 'none' | 'unknown'> | undefined;
  /** Findings without a fix do not fail. */
  readonly onlyFixed: boolean;
  /** Why the advisories are no ground for a clean bill, where they are none. */
  readonly stale: string | undefined;
  /** What there are no advisories of, of what was scanned: ecosystems, distributions. */
  readonly uncovered: readonly string[];
}

/** What is bad counts before what is not known; what is not known is never clean. */
export function judgeScan(
  report: Pick<ScanReport, 'describe' | 'platforms'>,
  { failOn, onlyFixed, stale, uncovered }: Gate,
  io: CliIo,
): ExitCode {
  const { describe, platforms } = report;
  const findings = platforms
    .flatMap(({ result }) => result.findings)
    .filter((finding) => !isSuppressed(finding) && (!onlyFixed || finding.fixedIn !== undefined));
  const incomplete = platforms.filter(({ source }) => !source.stock.complete);
  for (const { source } of incomplete) warnIncomplete(describe, source.stock, io);
  const least = failOn === undefined ? Number.POSITIVE_INFINITY : severities.indexOf(failOn);
  if (findings.some(({ severity }) => severity !== 'unknown' && severities.indexOf(severity) >= least))
    return exitCodes.fail;
  if (stale !== undefined) {
    io.err.write(`pratique: ${stale}\n`);
    return exitCodes.infrastructure;
  }
  if (platforms.length === 0 || incomplete.length > 0) return exitCodes.infrastructure;
  if (failOn === undefined) return exitCodes.pass;
  const nothing = describeNothing(report);
  if (nothing !== undefined) {
    io.err.write(`pratique: ${printable(nothing)}\n`);
    return exitCodes.infrastructure;
  }
  if (uncovered.length > 0) {
    io.err.write(`pratique: ${describeNoAdvisories(uncovered)}\n`);
    return exitCodes.infrastructure;
  }
  const unclear = platforms.flatMap(({ result }) => result.undecided.filter(({ advisory }) => advisory !== undefined));
  const unrated = findings.filter(({ severity }) => severity === 'unknown');
  if (unclear.length + unrated.length === 0) return exitCodes.pass;
  io.err.write(
    `pratique: ${plural(unclear.length, 'match', 'matches')} could not be decided, ${plural(unrated.length, 'finding')} without a severity\n`,
  );
  return exitCodes.infrastructure;
}
