import type { ColumnType, GeneratedAlways } from 'kysely';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** Evidence, keys and verdicts. */
export interface TrustTables {
  policy: {
    version: number;
    digest: string;
    body: string;
    file_name: string;
    activated_by: string;
    activated_at: Time;
    signed_by: ColumnType<string | null, string | null | undefined, never>;
    signature: ColumnType<string | null, string | null | undefined, never>;
  };
  evidence: {
    repository: string;
    manifest: string;
    subject: string;
    bundle: string;
    predicate_type: string;
    origin: 'own' | 'foreign';
    outcome: 'verified' | 'rejected';
    identity: string | null;
    record: Json<object>;
    recorded_at: Time;
  };
  own_key: {
    key_id: string;
    name: string;
    public_key: string;
    first_seen: Time;
    state: Defaulted<'trusted' | 'retiring' | 'retired' | 'revoked'>;
    ended_at: MaybeTime;
    /** Of a key in the folder of the trust worker: its file, without the ending. Null: as it is called. */
    file: string | null;
    /** Of a key that something else holds: where. */
    reference: string | null;
  };
  key_use: {
    position: number;
    at: Time;
    actor: string;
    key: string;
    identity: string;
    statement: string;
    subject: string;
    signed: string;
    signature: string;
    workflow: string;
    run: string;
    previous: string;
    hash: string;
  };
  key_use_head: { id: Defaulted<boolean>; position: number; at: Time; hash: string };
  key_use_checkpoint: { position: number; hash: string; at: Time; key_id: string; signature: string };
  key_rotation: {
    id: string;
    key: string;
    reason: string;
    requested_by: string;
    requested_at: Time;
    overlap_seconds: number;
    reference: string | null;
    state: Defaulted<'requested' | 'signing' | 'overlap' | 'done' | 'failed'>;
    note: Defaulted<string>;
    old_keys: Json<string[]>;
    new_key: string | null;
    began_at: MaybeTime;
    retire_at: MaybeTime;
    ended_at: MaybeTime;
  };
  key_rotation_place: {
    rotation: string;
    environment: string;
    destination: string;
    digest: string;
    outcome: 'signed' | 'refused';
    reason: Defaulted<string>;
    pass: number;
    at: Time;
  };
  reverification: {
    id: string;
    kind: 'signer' | 'builder';
    value: string;
    requested_at: Time;
    ended_at: MaybeTime;
    stood: Json<object[]>;
    fell: Json<object[]>;
  };
  own_identity: { name: string; first_seen: Time };
  signed_statement: { step: string; key_id: string; bundle: string; signed_at: Time };
  verdict: {
    id: GeneratedAlways<number>;
    repository: string;
    digest: string;
    environment: string;
    generation: number;
    outcome: 'pass' | 'fail' | 'unknown';
    admitted: boolean;
    policy_version: number;
    policy_digest: string;
    decision_digest: string;
    trust_epoch: number;
    body: Json<object>;
    vsa: string | null;
    evaluated_at: Time;
    /** Of the stocks it looked at, in sum; null in rows of before. */
    findings_version: number | null;
  };
  trust_epoch: { id: Defaulted<boolean>; value: number };
  revocation: {
    kind: 'signer' | 'builder';
    value: string;
    incident: string | null;
    reason: string;
    revoked_by: string;
    revoked_at: Time;
    effective_from: MaybeTime;
  };
}
