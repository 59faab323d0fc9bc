import { isProvenance } from '../../domain/policy/gates/vouched-provenance.ts';
import type { EvidenceRecord } from '../../domain/trust/evidence.ts';

/** Whether nothing of it is a verified provenance by anybody else, of any version that the gate reads. */
export function lacksProvenance(evidence: readonly EvidenceRecord[]): boolean {
  return !evidence.some(
    (record) => record.origin === 'foreign' && record.verification.outcome === 'verified' && isProvenance(record),
  );
}
