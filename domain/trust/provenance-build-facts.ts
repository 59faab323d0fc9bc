import type { BuildFact } from '../sbom/build-fact.ts';
import { type EvidenceRecord, identityName } from './evidence.ts';

/**
 * How an artifact was made, by provenance of others whose signature was verified: the first record that says something counts.
 * Who may build what is for gates to decide; here it is told, with who signed it.
 */
export function provenanceBuildFacts(records: readonly EvidenceRecord[]): BuildFact[] {
  for (const { origin, verification, provenance } of records) {
    if (origin !== 'foreign' || verification.outcome !== 'verified' || provenance === undefined) continue;
    const told: readonly [BuildFact['name'], string | undefined][] = [
      ['commit', provenance.commit],
      ['source', provenance.sourceRepository],
      ['builder', provenance.builderId],
      ...(provenance.toolchain ?? []).map((tool): [BuildFact['name'], string] => ['toolchain', tool]),
      ['signer', identityName(verification.identity)],
    ];
    return told.flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, standing: 'verified' as const, saidBy: 'provenance' }],
    );
  }
  return [];
}
