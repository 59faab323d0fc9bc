import type { ColumnType } from 'kysely';
import type { ReleaseDecision } from '../../../domain/incident/incident-record.ts';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** Quarantine, release and rebuild. */
export interface IncidentTables {
  rebuild: {
    id: string;
    repository: string;
    digest: string;
    incident: string | null;
    state: 'requested' | 'building' | 'identical' | 'different' | 'failed';
    source: ColumnType<object | null, string | null | undefined, string | null>;
    new_digest: string | null;
    difference: string | null;
    reason: Defaulted<string>;
    requested_by: string;
    requested_at: Time;
    ended_at: MaybeTime;
  };
  incident_epoch: { id: Defaulted<boolean>; value: number };
  incident: {
    id: string;
    selector: Json<object>;
    reason: string;
    state: Defaulted<'open' | 'contained' | 'closed'>;
    opened_by: string;
    opened_at: Time;
    contained_at: MaybeTime;
    closed_by: string | null;
    closed_at: MaybeTime;
  };
  base_layer: { diff_id: string };
  artifact_fence: {
    digest: string;
    state: 'clear' | 'fenced';
    incident: string | null;
    reason: Defaulted<string>;
    changed_at: Time;
  };
  incident_subject: {
    incident: string;
    digest: string;
    relation: 'selected' | 'child' | 'parent' | 'copy';
    state: Defaulted<'fenced' | 'removing' | 'confirmed' | 'released'>;
    detail: ColumnType<object, string | undefined, string>;
    fenced_at: Time;
    confirmed_at: MaybeTime;
    released_at: MaybeTime;
  };
  incident_excusal: {
    incident: string;
    digest: string;
    evidence: Json<object>;
    requested_by: string;
    approvers: Json<string[]>;
    reason: string;
    decision: ColumnType<ReleaseDecision | null, string | null | undefined, string | null>;
    excused_at: Time;
  };
  release_request: {
    id: string;
    incident: string;
    digest: string;
    requested_by: string;
    reason: string;
    evidence: Json<object>;
    state: Defaulted<'waiting' | 'approved' | 'rejected'>;
    decided_by: string | null;
    requested_at: Time;
    decided_at: MaybeTime;
  };
  deny_entry: { digest: string; incident: string; reason: string; denied_at: Time };
}
