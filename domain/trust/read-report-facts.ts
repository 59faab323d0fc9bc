import type { ReportFacts } from './evidence.ts';
import { readVulnerabilityReport } from './read-vulnerability-report.ts';
import { predicateTypes, type Statement } from './statement.ts';

/** Of a vulnerability report; undefined where the statement is none, or one that can not be read. */
export function readReportFacts(statement: Statement): ReportFacts | undefined {
  const { predicateType } = statement;
  if (predicateType !== predicateTypes.vulns && predicateType !== predicateTypes.cosignVuln) return undefined;
  const report = readVulnerabilityReport(statement);
  return 'problem' in report ? undefined : { scanner: report.scanner, finishedAt: report.finishedAt };
}
