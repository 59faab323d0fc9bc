/** Which of the recorded vulnerability reports have to be read before an artifact is judged: a scanner may make one each night. */
import type { EvidenceRecord, ReportFacts } from '../../trust/evidence.ts';
import type { JudgedArtifact } from '../gate.ts';
import type { GateContext } from '../gates/gate-context.ts';
import { statementRefusal } from '../gates/statement-refusal.ts';
import { isPast, newestReports, scannerName } from './newest-reports.ts';

/** `refused`: it counts in none of the environments. `superseded`: wherever it counts, a newer one of its scanner does, too. */
export type ReportUse = 'read' | 'refused' | 'superseded';

export interface RecordedReport {
  /** As it was verified just now; of what is not there any more, as it was recorded. */
  readonly record: EvidenceRecord;
  readonly isThere: boolean;
}

export interface ReportsQuestion {
  /** Names of the policy's signers whose reports are read. */
  readonly signers: readonly string[];
  readonly judged: Pick<JudgedArtifact, 'key' | 'kind' | 'revoked' | 'revokedFrom'>;
  /** Of each environment that it is judged for. */
  readonly contexts: readonly GateContext[];
}

/**
 * For each report, in the same order, what `preferReports` would make of it once it was read. One that is not there any more
 * takes no other one's place.
 */
export function reportsToRead(
  reports: readonly RecordedReport[],
  { signers, judged, contexts }: ReportsQuestion,
): readonly ReportUse[] {
  const uses = new Map<RecordedReport, ReportUse>();
  for (const context of contexts) {
    const counted = reports.filter(({ record }) => {
      const { subject, predicateType } = record;
      return statementRefusal(record, { accepted: signers, subject, predicateType }, judged, context) === undefined;
    });
    const newest = newestOf(counted, context.now);
    for (const report of counted)
      if (uses.get(report) !== 'read') uses.set(report, isSuperseded(report, newest) ? 'superseded' : 'read');
  }
  return reports.map((report) => uses.get(report) ?? 'refused');
}

interface Dated extends RecordedReport {
  readonly facts: ReportFacts;
}

/** Of each platform. */
function newestOf(counted: readonly RecordedReport[], now: string): readonly Dated[] {
  const dated = counted.flatMap((report): Dated[] => {
    const { report: facts } = report.record;
    return report.isThere && facts !== undefined && isPast(facts, now) ? [{ ...report, facts }] : [];
  });
  const bySubject = Map.groupBy(dated, ({ record }) => record.subject);
  return [...bySubject.values()].flatMap((ofOne) => newestReports(ofOne, ({ facts }) => facts));
}

function isSuperseded({ record }: RecordedReport, newest: readonly Dated[]): boolean {
  const { report: facts, subject, manifest } = record;
  const name = facts === undefined ? '' : scannerName(facts);
  if (facts === undefined || name === '') return false;
  return newest.some(
    (other) =>
      other.record.manifest !== manifest &&
      other.record.subject === subject &&
      scannerName(other.facts) === name &&
      Date.parse(other.facts.finishedAt) >= Date.parse(facts.finishedAt),
  );
}
