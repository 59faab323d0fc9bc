import type { ColumnType } from 'kysely';
import type { ProofReference } from '../../../domain/identity/approval-proof.ts';
import type { AliasKind } from '../../../domain/identity/principal.ts';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** Who may do what, and what they decide together. */
export interface PeopleTables {
  principal: { subject: string; display_name: Defaulted<string>; created_at: Time };
  principal_alias: {
    kind: 'email' | AliasKind;
    value: string;
    subject: string;
  };
  passkey: {
    id: string;
    fingerprint: string;
    public_key: string;
    relying_party: string;
    subject: string;
    name: string;
    transports: Json<string[]>;
    sign_count: number;
    registered_at: Time;
    used_at: MaybeTime;
    statement_at: MaybeTime;
  };
  approver_list: {
    singleton: Defaulted<boolean>;
    digest: string | null;
    people: number;
    required: Json<Readonly<Record<string, number>>>;
    read_at: Time;
  };
  decision_ticket: {
    id: string;
    environment: string;
    repository: string;
    digest: string;
    decision_digest: string | null;
    principal: string;
    groups: Json<string[]>;
    verb: 'approve' | 'reject';
    reason: string;
    proof: ColumnType<ProofReference | null, string | null | undefined, string | null>;
    /** Of the promotion it is about, the newest there was; null where a gateway of the release before took it. */
    generation: number | null;
    taken_at: Time;
    redeemed_at: MaybeTime;
  };
  policy_proposal: {
    id: string;
    version: number;
    digest: string;
    body: string;
    file_name: string;
    base_digest: string;
    proposed_by: string;
    state: Defaulted<'waiting' | 'active' | 'rejected' | 'expired' | 'superseded'>;
    reason: Defaulted<string>;
    proposed_at: Time;
    ended_at: MaybeTime;
  };
  policy_decision: {
    proposal: string;
    principal: string;
    groups: Json<string[]>;
    verb: 'approve' | 'reject';
    reason: string;
    at: Time;
    /** A `ProofReference`. */
    proof: Json<object> | null;
  };
  api_token: {
    id: string;
    subject: string;
    name: string;
    hash: string;
    role: 'viewer' | 'approver' | 'responder' | 'operator' | 'admin';
    groups: Json<string[]>;
    speaks_for: Json<{ repositories: string[]; builders: string[] }>;
    created_by: string;
    created_at: Time;
    expires_at: MaybeTime;
    revoked_at: MaybeTime;
    revoked_by: string | null;
    last_used_at: MaybeTime;
  };
}
