/** The database says what was verified; a signature rests only on what this process has seen verify. */
import type { EvidenceRecord, RejectionCode } from '../../domain/trust/evidence.ts';
import { placeOf } from '../../domain/trust/evidence-travels.ts';
import type { ExamineDependencies, Examiner } from './examine-evidence.ts';
import { OUTLIVED } from './outlived.ts';
import { readAttached } from './read-attached.ts';

/** Where the evidence of an artifact is looked for. */
export interface EvidencePlaces {
  readonly repositories: readonly string[];
  /** What is there by the database, which what is remembered must be too: that it verified says nothing about where it is. */
  readonly recorded: readonly EvidenceRecord[];
}

/**
 * The same records, each that could count as origin replaced by what its bundle at these places says under the keys in force:
 * a row that somebody wrote, or changed, is rejected with the reason, and counts for nothing. One that does not verify for want of
 * a trusted root stays unclear: it may say anything.
 */
export async function reexamine(
  deps: ExamineDependencies,
  examiner: Examiner,
  { repositories, recorded }: EvidencePlaces,
  records: readonly EvidenceRecord[],
): Promise<EvidenceRecord[]> {
  const there = new Set(recorded.map(placeOf));
  const seen: EvidenceRecord[] = [];
  for (const record of records)
    if (couldCount(record)) {
      const remembered = there.has(placeOf(record)) ? examiner.recall(record.manifest, record.subject) : undefined;
      seen.push(remembered ?? (await lookAgain(deps, examiner, repositories, record)));
    } else seen.push(record);
  return seen;
}

/** The bundle is as it was, and who vouches for it is trusted no more: refused as it would be if it came today. */
const NOT_TRUSTED_NOW: ReadonlySet<RejectionCode> = new Set([
  ...OUTLIVED,
  'KEYRING_EMPTY',
  'SIGNER_UNKNOWN',
  'CERTIFICATE_REVOKED',
  'REVOCATION_UNKNOWN',
  'SIGNATURE_EXPIRED',
]);

/** Own evidence never counts as origin, and what was rejected never counts. */
function couldCount({ origin, verification }: EvidenceRecord): boolean {
  return origin === 'foreign' && verification.outcome === 'verified';
}

async function lookAgain(
  { desk }: ExamineDependencies,
  examiner: Examiner,
  repositories: readonly string[],
  claimed: EvidenceRecord,
): Promise<EvidenceRecord> {
  const { manifest, subject } = claimed;
  const attached = await readAttached(desk, repositories, subject, manifest);
  const found = attached === undefined ? undefined : await examiner.examine(attached, subject);
  if (found?.verification.outcome === 'verified') return found;
  if (found !== undefined && NOT_TRUSTED_NOW.has(found.verification.code))
    return { ...claimed, verification: found.verification };
  const why = found === undefined ? 'it is no bundle' : found.verification.reason;
  return {
    ...claimed,
    verification: {
      outcome: 'rejected',
      code: 'RECORD_FORGED',
      reason: `recorded as verified, and in ${repositories.join(' or ')} it does not verify: ${why}`,
    },
  };
}
