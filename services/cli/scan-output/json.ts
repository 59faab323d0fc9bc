import type { ScanWriter } from './scan-report.ts';

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
        database: result.database,
      })),
    },
    null,
    2,
  )}\n`;
