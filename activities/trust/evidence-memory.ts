import type { EvidenceRecord } from '../../domain/trust/evidence.ts';

/** What one process has verified with its own eyes, by manifest, subject and keys; it forgets the oldest. */
export interface EvidenceMemory {
  recall(place: string): EvidenceRecord | undefined;
  keep(place: string, record: EvidenceRecord): void;
}

/** Records, about a kilobyte each. */
const REMEMBERED = 20_000;

export function createEvidenceMemory(): EvidenceMemory {
  const records = new Map<string, EvidenceRecord>();
  return {
    recall: (place) => records.get(place),
    keep(place, record) {
      records.set(place, record);
      const [oldest] = records.keys();
      if (records.size > REMEMBERED && oldest !== undefined) records.delete(oldest);
    },
  };
}
