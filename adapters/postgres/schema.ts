/** The tables as kysely sees them; infra/migrations is the source. */
import type { ColumnType, GeneratedAlways, JSONColumnType } from 'kysely';
import type { DecisionState } from '../../domain/advisory/decision/decision.ts';
import type { VexProduct } from '../../domain/advisory/vex/statement.ts';
import type { Role } from '../../domain/identity/role.ts';
import type { WaitingFor } from '../../domain/promotion/promotion-book.ts';
import type { PromotionState } from '../../domain/promotion/state.ts';

type Time = ColumnType<Date, Date | string | undefined, Date | string>;
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Json<T> = JSONColumnType<T & (object | null), string, string>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;

export interface Schema {
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
    occurred_at: Time;
    recorded_at: Time;
  };
  push_intent: { repository: string; digest: string; kind: string; created_at: Time };
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
  layer_stock: { cache_key: string; findings: Json<object>; created_at: Time };
  component: {
    id: GeneratedAlways<number>;
    purl: string;
    ecosystem: string;
    advisory_name: string;
    name: string;
    version: string;
    /** Null in rows of before, until a stock that has it is read again. */
    advisory_version: string | null;
    release: string | null;
    /** The name advisories are indexed by (`normalisePackageName`); null likewise. */
    package_key: string | null;
    /** The epoch it was matched under first; null where it never was. */
    matched_epoch: number | null;
  };
  component_finding: {
    component: number;
    position: number;
    advisory: string;
    decided: boolean;
    body: Json<object>;
  };
  finding_change: {
    epoch: number;
    component: number;
    advisory: string;
    change: 'appeared' | 'changed' | 'gone' | 'exploited';
    severity: string;
    fixed_in: string | null;
    told_at: MaybeTime;
  };
  finding_decision: {
    id: string;
    advisories: string[];
    state: DecisionState;
    justification: string | null;
    reason: string;
    owner: string;
    component: string | null;
    artifact: string | null;
    environment: string | null;
    products: ColumnType<readonly VexProduct[] | null, string | null, string | null>;
    expires_at: MaybeTime;
    made_by: string;
    made_role: Role;
    made_at: Time;
    document: string | null;
    stated_at: MaybeTime;
  };
  finding_decision_revocation: { decision: string; revoked_by: string; reason: string; revoked_at: Time };
  /** What happened to a decision, and whether everybody was told. */
  finding_decision_news: {
    decision: string;
    what: 'made' | 'revoked' | 'expired';
    at: Time;
    told_at: MaybeTime;
  };
  vex_document: {
    digest: string;
    format: string;
    source: string;
    author: string | null;
    statements: number;
    submitted_by: string;
    submitted_at: Time;
  };
  rescan_state: { id: Defaulted<boolean>; through: number; ended_at: MaybeTime };
  finding_incident: { purl: string; advisory: string; incident: string; opened_at: Time };
  stock: {
    digest: string;
    complete: boolean;
    component_count: number;
    created_at: Time;
    /** In the order they were taken. */
    id: Defaulted<number>;
    /** Its components are under its layers; false where a worker of before wrote it. */
    layered: Defaulted<boolean>;
    /** Grows when the findings of any of its components change. */
    findings_version: Defaulted<number>;
    /** It runs somewhere; kept by the database itself. */
    live: Defaulted<boolean>;
    scanned_at: MaybeTime;
  };
  layer_set: { id: GeneratedAlways<number>; digest: string; layer: string | null };
  layer_component: { layer_set: number; component: number; path: string; places: number };
  stock_layer: { layer_set: number; stock: number };
  artifact_stock: {
    digest: string;
    platform_digest: string;
    platform: string;
    stock: string | null;
    failure: string | null;
    taken_at: Time;
  };
  advisory: {
    id: string;
    modified: string;
    withdrawn: Defaulted<boolean>;
    record: Json<object>;
    record_digest: string;
  };
  advisory_package: { ecosystem: string; name: string; advisory: string };
  advisory_state: {
    id: Defaulted<boolean>;
    records: number;
    digest: string;
    newest: string | null;
    synced_at: MaybeTime;
    epoch: Defaulted<number>;
  };
  advisory_epoch: {
    id: GeneratedAlways<number>;
    kind: Defaulted<'osv' | 'kev' | 'epss'>;
    source: string;
    actor: string;
    state: Defaulted<'importing' | 'active' | 'failed'>;
    digest: string | null;
    records: number | null;
    added: Defaulted<number>;
    updated: Defaulted<number>;
    withdrawn: Defaulted<number>;
    unchanged: Defaulted<number>;
    rejected: Defaulted<number>;
    rejections: Defaulted<unknown>;
    reason: Defaulted<string>;
    started_at: Time;
    ended_at: MaybeTime;
  };
  known_exploited: { cve: string; added: string; due: string | null; ransomware: boolean };
  epss_score: { cve: string; score: number; percentile: number };
  /** Entries that an import of the catalogue brought or took away. */
  known_exploited_change: { epoch: number; cve: string; change: 'added' | 'gone' };
  advisory_staged: {
    epoch: number;
    id: string;
    modified: string;
    withdrawn: boolean;
    record: Json<object>;
    record_digest: string;
    packages: Json<object>;
  };
  advisory_change: {
    epoch: number;
    advisory: string;
    change: 'added' | 'updated' | 'withdrawn';
    packages: Json<object>;
  };
  scan: {
    stock: string;
    database_digest: string;
    report: string;
    highest: string;
    findings: number;
    scanned_at: Time;
  };
  policy: {
    version: number;
    digest: string;
    body: string;
    file_name: string;
    activated_by: string;
    activated_at: Time;
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
  artifact_fact: { digest: string; kind: string; value: string; recorded_at: Time };
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
  principal: { subject: string; display_name: Defaulted<string>; created_at: Time };
  principal_alias: {
    kind: 'email' | 'commit-signer' | 'account' | 'subject' | 'builder';
    value: string;
    subject: string;
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
  lease: { key: string; holder: string; expires_at: Time };
  promotion: {
    environment: string;
    repository: string;
    digest: string;
    generation: number;
    state: PromotionRowState;
    tag: string | null;
    build_order: number;
    rollback: Defaulted<boolean>;
    requested_by: string;
    verdict: number | null;
    decision_digest: string | null;
    reason: Defaulted<string>;
    waiting_for: ColumnType<WaitingFor | null, string | null | undefined, string | null>;
    lease_expires_at: MaybeTime;
    trace: string | null;
    requested_at: Time;
    updated_at: Time;
    ended_at: MaybeTime;
  };
  approval: {
    environment: string;
    repository: string;
    digest: string;
    decision_digest: string;
    principal: string;
    groups: Json<string[]>;
    verb: 'approve' | 'reject';
    reason: string;
    proof: ColumnType<object | null, string | null | undefined, string | null>;
    at: Time;
    voided_by: ColumnType<string | null, string | null | undefined, string | null>;
  };
  placement: {
    environment: string;
    destination: string;
    digest: string;
    state: 'reserved' | 'live' | 'removed';
    since: Time;
  };
  placement_claim: {
    environment: string;
    destination: string;
    digest: string;
    claim: string;
    created: Json<string[]>;
    claimed_at: Time;
    released_at: MaybeTime;
  };
  channel: {
    environment: string;
    destination: string;
    tag: string;
    digest: string;
    build_order: number;
    moved_at: Time;
  };
  workflow_request: {
    workflow_id: string;
    generation: number;
    kind: string;
    task_queue: string;
    input: Json<object>;
    state: Defaulted<'pending' | 'started'>;
    requested_at: Time;
    started_at: MaybeTime;
  };
  workflow_wake: { workflow_id: string; wanted: Defaulted<number>; requested_at: Time };
  workflow_history: {
    run_id: string;
    workflow_id: string;
    kind: string;
    status: string;
    closed_at: Time;
    history: string;
    exported_at: Time;
  };
  history_export: { id: Defaulted<boolean>; through: Time; retention_seconds: number | null };
  finding: {
    id: GeneratedAlways<number>;
    kind: string;
    subject: string;
    detail: Json<object>;
    event_id: string | null;
    found_at: Time;
  };
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

/** While it copies, a promotion is stored as reserved. */
export type PromotionRowState = Exclude<PromotionState, 'copying'>;
