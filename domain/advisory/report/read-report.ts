/** Reports of other scanners, told apart by what they call themselves. */
import { z } from 'zod';
import { readGrype } from './read-grype.ts';
import { readSarif } from './read-sarif.ts';
import { readTrivy } from './read-trivy.ts';
import { ReportError } from './report-error.ts';
import type { ScannerReport } from './scanner-report.ts';

const kindSchema = z.object({
  descriptor: z.object({ name: z.string() }).optional().catch(undefined),
  SchemaVersion: z.number().optional().catch(undefined),
  runs: z.array(z.unknown()).optional().catch(undefined),
});

function readerOf(json: unknown): ((json: unknown) => ScannerReport) | undefined {
  const kind = kindSchema.safeParse(json).data;
  if (kind?.descriptor?.name === 'grype') return readGrype;
  if (kind?.SchemaVersion !== undefined) return readTrivy;
  return kind?.runs === undefined ? undefined : readSarif;
}

/** A report of Grype or Trivy as JSON, or a SARIF log, as text. Throws a ReportError. */
export function readReport(text: string): ScannerReport {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ReportError('REPORT_NOT_JSON', 'not a JSON document', { cause });
  }
  return readReportDocument(json);
}

/** The same where it was parsed before. Throws a ReportError. */
export function readReportDocument(json: unknown): ScannerReport {
  const read = readerOf(json);
  if (read === undefined)
    throw new ReportError('REPORT_UNKNOWN_FORMAT', 'neither a report of Grype, nor one of Trivy, nor a SARIF log');
  try {
    return read(json);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    const issue = cause.issues[0];
    throw new ReportError('REPORT_INVALID', `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`, {
      cause,
    });
  }
}
