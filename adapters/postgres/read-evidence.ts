import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { EvidenceRecord, RejectionCode } from '../../domain/trust/evidence.ts';
import type { Database } from './database.ts';
import { isAboutOrWithin } from './evidence-book.ts';

export interface EvidenceSummary {
  manifest: string;
  subject: string;
  predicateType: string;
  origin: string;
  outcome: string;
  identity: string | null;
  /** Of `rejected`: why. */
  rejection: { code: RejectionCode; reason: string } | null;
  recordedAt: string;
}

/** Evidence of an artifact and of its children, as recorded; at most 1000. */
export async function readEvidence(db: Database, key: ArtifactKey): Promise<EvidenceSummary[]> {
  const rows = await db
    .selectFrom('evidence')
    .select(['manifest', 'subject', 'predicate_type', 'origin', 'outcome', 'identity', 'record', 'recorded_at'])
    .where('repository', '=', key.repository)
    .where(isAboutOrWithin(key.digest))
    .orderBy('recorded_at')
    .orderBy('manifest')
    .limit(1000)
    .execute();
  return rows.map(({ predicate_type, recorded_at, record, ...row }) => ({
    ...row,
    rejection: rejectionOf(record as unknown as EvidenceRecord),
    predicateType: predicate_type,
    recordedAt: recorded_at.toISOString(),
  }));
}

function rejectionOf({ verification }: EvidenceRecord): EvidenceSummary['rejection'] {
  if (verification.outcome === 'verified') return null;
  return { code: verification.code, reason: verification.reason };
}
