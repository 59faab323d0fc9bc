import type { Digest } from '../artifact/digest.ts';
import type { IncidentRecord } from '../incident/incident-record.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** The predicate type of a record: of a quarantine, or of a release from one. */
export function incidentPredicateType({ kind }: IncidentRecord): string {
  return kind === 'quarantine' ? predicateTypes.quarantine : predicateTypes.quarantineRelease;
}

/** A quarantine, or a release from it, as evidence (docs/trust.md): it stays with the artifact, wherever that goes. */
export function createIncidentStatement(digest: Digest, record: IncidentRecord, attester: string): Statement {
  const { kind: _, ...said } = record;
  return createStatement(digest, incidentPredicateType(record), { attester: { id: attester }, ...said });
}
