/** Which of several vulnerability reports count: of each scanner the newest, by its own word, which is signed. */
import type { ReportFacts } from '../../trust/evidence.ts';

/** A report further in the future is not believed. */
const CLOCK_SKEW_MS = 300_000;

export const isPast = ({ finishedAt }: ReportFacts, now: string): boolean =>
  Date.parse(finishedAt) <= Date.parse(now) + CLOCK_SKEW_MS;

/** A scanner is the same in every version: of a purl, without its version, qualifiers and subpath (purl specification, "Components"). */
export const scannerName = ({ scanner }: ReportFacts): string =>
  scanner.startsWith('pkg:') ? scanner.replace(/[?#].*$/, '').replace(/@[^/@]*$/, '') : scanner;

/** Of those without a name nobody can say that one is newer than which: all of them count. Of one age, the first. */
export function newestReports<T>(reports: readonly T[], tell: (report: T) => ReportFacts): T[] {
  const newest = new Map<string, T>();
  const nameless: T[] = [];
  for (const report of reports) {
    const name = scannerName(tell(report));
    const other = newest.get(name);
    if (name === '') nameless.push(report);
    else if (other === undefined || Date.parse(tell(other).finishedAt) < Date.parse(tell(report).finishedAt))
      newest.set(name, report);
  }
  return [...newest.values(), ...nameless];
}
