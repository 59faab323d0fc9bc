/** What incidents did to one artifact, as it is written down for whoever meets the artifact later. */
import type { Digest } from '../artifact/digest.ts';
import type { ProofReference, ShownProof } from '../identity/approval-proof.ts';

/** Taken out of every environment, and confirmed out by reading back. Times are RFC 3339. */
export interface QuarantineRecord {
  readonly kind: 'quarantine';
  readonly incident: string;
  readonly reason: string;
  /** Named by the incident itself, or fenced because of what it contains, is part of, or is a copy of. */
  readonly relation: 'selected' | 'child' | 'parent' | 'copy';
  readonly fencedAt: string;
  readonly confirmedAt: string;
  /** Environments it was taken out of. */
  readonly environments: readonly string[];
}

/** Let out of one incident: somebody asked, somebody else agreed. */
export interface ReleaseRecord {
  readonly kind: 'release';
  readonly incident: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly approvers: readonly string[];
  readonly releasedAt: string;
  /** What the approver proved; absent where it was released on the word of the gateway. */
  readonly decision?: ReleaseDecision;
}

/** One person's word on a release, as they proved it: `digest` is that of the request, which may hold the record's. */
export interface ReleaseDecision {
  readonly request: string;
  readonly digest: Digest;
  readonly by: string;
  readonly reason: string;
  readonly proof: ProofReference & Partial<ShownProof>;
}

export type IncidentRecord = QuarantineRecord | ReleaseRecord;

/** The port behind attesting them. */
export interface IncidentRecords {
  /** Everything that ended well about a digest, in order: what is not confirmed yet is not there. */
  of(digest: Digest): Promise<readonly IncidentRecord[]>;
  /** Repositories it was pushed to. */
  repositories(digest: Digest): Promise<readonly string[]>;
}
