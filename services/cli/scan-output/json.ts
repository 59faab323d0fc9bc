import type { ComparedReport, ScanWriter } from './scan-report.ts';

const toReport = ({ file, scanner, agreed, onlyTheirs, onlyOurs }: ComparedReport) => ({
  file,
  scanner,
  agreed: agreed.length,
  onlyTheirs,
  onlyOurs: onlyOurs.map(({ advisory, purl }) => ({ advisory, purl })),
});

/** Our own format: findings and undecided matches as the service stores them, a list a platform. */
export const writeJson: ScanWriter = (report) =>
  `${JSON.stringify(
    {
      target: report.target,
      scannedAt: report.scannedAt,
      platforms: report.platforms.map(({ platform, source, result }) => ({
        ...(platform === undefined ? {} : { platform }),
        ...(source.subject.digest === undefined ? {} : { digest: source.subject.digest }),
        components: source.stock.components.length,
        complete: source.stock.complete,
        unreadable: source.stock.unreadable,
        findings: result.findings,
        undecided: result.undecided,
        upgrades: result.upgrades,
        database: result.database,
      })),
      ...(report.reports.length === 0 ? {} : { reports: report.reports.map(toReport) }),
    },
    null,
    2,
  )}\n`;
