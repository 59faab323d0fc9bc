/** The database says what was verified; a signature rests only on what this process has seen verify. */
import type { EvidenceRecord } from '../../domain/trust/evidence.ts';
import type { ExamineDependencies, Examiner } from './examine-evidence.ts';

/**
 * The same records, each that could count as origin replaced by what its bundle in `repository` says under the keys in force:
 * a row that somebody wrote, or changed, is rejected with the reason, and counts for nothing.
 */
export async function reexamine(
  deps: ExamineDependencies,
  examiner: Examiner,
  repository: string,
  records: readonly EvidenceRecord[],
): Promise<EvidenceRecord[]> {
  const seen: EvidenceRecord[] = [];
  for (const record of records)
    seen.push(couldCount(record) ? await lookAgain(deps, examiner, repository, record) : record);
  return seen;
}

/** Own evidence never counts as origin, and what was rejected never counts. */
function couldCount({ origin, verification }: EvidenceRecord): boolean {
  return origin === 'foreign' && verification.outcome === 'verified';
}

async function lookAgain(
  { desk }: ExamineDependencies,
  examiner: Examiner,
  repository: string,
  claimed: EvidenceRecord,
): Promise<EvidenceRecord> {
  const { manifest, subject } = claimed;
  const remembered = examiner.recall(manifest, subject);
  if (remembered !== undefined) return remembered;
  const attached = await desk.readOne(repository, subject, manifest);
  const found = attached === undefined ? undefined : await examiner.examine(attached, subject);
  if (found?.verification.outcome === 'verified') return found;
  const why = found === undefined ? 'it is no bundle' : found.verification.reason;
  return {
    ...claimed,
    verification: {
      outcome: 'rejected',
      code: 'RECORD_FORGED',
      reason: `recorded as verified, and in ${repository} it does not verify: ${why}`,
    },
  };
}
