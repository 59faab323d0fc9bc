/** What people and detectors do with incidents: the port behind the API, implemented in one transaction each. */
import type { Digest } from '../artifact/digest.ts';
import type { ProofReference } from '../identity/approval-proof.ts';
import type { Selector } from './selector.ts';

export type SubjectRelation = 'selected' | 'child' | 'parent' | 'copy';

export interface SelectedSubject {
  readonly digest: Digest;
  readonly relation: SubjectRelation;
  /** Repositories it was pushed to, and environments that have it now. */
  readonly repositories: readonly string[];
  readonly environments: readonly string[];
}

export interface IncidentPreview {
  readonly subjects: readonly SelectedSubject[];
  /** Children and base layers shared with artifacts outside the selection: named, not fenced. */
  readonly shared: readonly Digest[];
}

export interface OpenedIncident extends IncidentPreview {
  readonly id: string;
}

export type ReleaseOutcome =
  | { readonly outcome: 'waiting'; readonly request: string }
  | { readonly outcome: 'released'; readonly incidents: readonly string[]; readonly repositories: readonly string[] }
  /** Somebody said no, as they may: nothing was let out. */
  | { readonly outcome: 'rejected'; readonly request: string; readonly reason: string }
  /** Production enforces, and it came without a proof of their own. */
  | { readonly outcome: 'unproven'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface IncidentDesk {
  /** What opening would fence; changes nothing. */
  preview(selector: Selector): Promise<IncidentPreview>;
  /** Fences the whole selection in one transaction, then asks for the workflows that remove it. */
  open(request: { selector: Selector; reason: string; actor: string }): Promise<OpenedIncident>;
  /** Leaves deny entries for everything not released. */
  close(request: { incident: string; reason: string; actor: string }): Promise<void>;
  /** Asks for a release; another person's approval carries it out. */
  requestRelease(request: { digest: Digest; reason: string; actor: string }): Promise<ReleaseOutcome>;
  decideRelease(request: {
    request: string;
    verb: 'approve' | 'reject';
    reason: string;
    actor: string;
    /** Verified when it came. */
    proof?: ProofReference | undefined;
  }): Promise<ReleaseOutcome>;
}

export type IncidentErrorCode = 'INCIDENT_UNKNOWN' | 'INCIDENT_CLOSED' | 'SELECTOR_EMPTY' | 'RELEASE_UNKNOWN';

export class IncidentError extends Error {
  override readonly name = 'IncidentError';
  readonly code: IncidentErrorCode;
  constructor(code: IncidentErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
