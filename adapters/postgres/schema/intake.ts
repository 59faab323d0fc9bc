import type { GeneratedAlways } from 'kysely';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** What came in: events, artifacts, and their runs. */
export interface IntakeTables {
  intake: {
    event_id: string;
    source: string;
    type: string;
    subject: string | null;
    generation: number | null;
    outcome: 'started' | 'joined' | 'dropped';
    reason: Defaulted<string>;
    tag: string | null;
    trace: string | null;
    actor: Defaulted<string | null>;
    occurred_at: Time;
    recorded_at: Time;
  };
  push_intent: { repository: string; digest: string; kind: string; tags: string[] | null; created_at: Time };
  build_fact: {
    output_digest: string;
    event_id: string;
    source: string;
    repository: string | null;
    claimed: Json<Record<string, unknown>>;
    recorded_at: Time;
  };
  dead_letter: {
    id: GeneratedAlways<number>;
    topic: string;
    partition: number;
    record_offset: number;
    record_key: Buffer | null;
    record_value: Buffer | null;
    headers: Json<Record<string, string>>;
    code: string;
    reason: string;
    created_at: Time;
    replayed_at: MaybeTime;
    replayed_by: string | null;
  };
  blob: {
    digest: string;
    media_type: string;
    /** Of the body, unpacked. */
    size: number;
    bytes: Buffer;
    /** `bytes` is a Zstandard frame. */
    packed: Defaulted<boolean>;
    created_at: Time;
  };
  artifact: {
    repository: string;
    digest: string;
    media_type: string | null;
    size: number | null;
    kind: 'image' | 'index' | 'other' | null;
    phase: Defaulted<string>;
    outcome: string | null;
    reason: Defaulted<string>;
    generation: Defaulted<number>;
    first_seen: Time;
    updated_at: Time;
  };
  generation: {
    repository: string;
    digest: string;
    generation: number;
    cause: string;
    state: Defaulted<'pending' | 'claimed' | 'closed'>;
    joined: Defaulted<number>;
    build_order: Defaulted<number>;
    run_id: string | null;
    trace: string | null;
    outcome: string | null;
    reason: Defaulted<string>;
    created_at: Time;
    claimed_at: MaybeTime;
    closed_at: MaybeTime;
  };
  tag: {
    repository: string;
    tag: string;
    digest: string;
    since: Time;
    event_id: string;
    /** Of the push it rests on; null where that was taken in before this was kept. */
    occurred_at: MaybeTime;
  };
  artifact_edge: { parent: string; child: string; platform: string | null };
  artifact_content: { digest: string; config_digest: string; created: string | null };
  artifact_layer: { digest: string; position: number; diff_id: string };
  scan: {
    stock: string;
    database_digest: string;
    report: string;
    highest: string;
    findings: number;
    scanned_at: Time;
  };
  artifact_fact: { digest: string; kind: string; value: string; recorded_at: Time };
  lease: { key: string; holder: string; expires_at: Time };
  workflow_request: {
    workflow_id: string;
    generation: number;
    kind: string;
    task_queue: string;
    input: Json<object>;
    state: Defaulted<'pending' | 'started'>;
    requested_at: Time;
    started_at: MaybeTime;
    tried_at: MaybeTime;
  };
  workflow_wake: { workflow_id: string; wanted: Defaulted<number>; requested_at: Time };
  workflow_history: {
    run_id: string;
    workflow_id: string;
    kind: string;
    status: string;
    closed_at: Time;
    history: string | null;
    exported_at: Time;
    pruned_digest: string | null;
    pruned_at: MaybeTime;
  };
  history_export: { id: Defaulted<boolean>; through: Time; retention_seconds: number | null };
  outbox_subject: { subject: string; last_sequence: number };
  outbox: {
    id: GeneratedAlways<number>;
    subject: string;
    sequence: number;
    type: string;
    actor: string;
    data: Json<object>;
    step: string;
    trace: string | null;
    shard: number;
    created_at: Time;
    published_at: MaybeTime;
  };
}
