/** Reports of other scanners, read for a scan and held against what it finds. */

import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { readDocument } from './scan-decisions.ts';
import type { ComparedReport, ScanReport } from './scan-output/scan-report.ts';

/** Puts what others found beside a scan, and who they are onto the findings they share with it. */
export type Compare = (report: ScanReport) => ScanReport;

/** Reads all of them first: what can not be read is an error, not a scanner that found nothing. Throws a CliError. */
export async function readReports(files: readonly string[], io: CliIo): Promise<Compare> {
  if (files.length === 0) return (report) => report;
  const [{ readReport }, { ReportError }, { compareReport }] = await Promise.all([
    import('../../domain/advisory/report/read-report.ts'),
    import('../../domain/advisory/report/report-error.ts'),
    import('../../domain/advisory/report/compare-report.ts'),
  ]);
  const read = files.map(async (file) => {
    try {
      return { file, found: readReport(new TextDecoder().decode(await readDocument(file, io))) };
    } catch (cause) {
      if (!(cause instanceof ReportError)) throw cause;
      throw new CliError(exitCodes.usage, cause.code, `${file}: ${cause.message}`, {
        cause,
        hint: 'grype -o json, trivy --format json, and SARIF logs are read',
      });
    }
  });
  const reports = await Promise.all(read);
  return (report) => {
    const findings = report.platforms.flatMap(({ result }) => result.findings);
    const compared = reports.map(({ file, found }): ComparedReport => {
      const scanner = found.version === '' ? found.scanner : `${found.scanner} ${found.version}`;
      return { file, scanner, ...compareReport(findings, found) };
    });
    const seen = compared.map(({ scanner, agreed }) => ({ scanner, agreed: new Set(agreed) }));
    const platforms = report.platforms.map((platform) => ({
      ...platform,
      result: {
        ...platform.result,
        findings: platform.result.findings.map((finding) => {
          const reportedBy = seen.filter(({ agreed }) => agreed.has(finding)).map(({ scanner }) => scanner);
          return reportedBy.length === 0 ? finding : { ...finding, reportedBy };
        }),
      },
    }));
    return { ...report, platforms, reports: compared };
  };
}
