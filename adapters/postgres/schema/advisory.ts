import type { ColumnType, GeneratedAlways } from 'kysely';
import type { DecisionState } from '../../../domain/advisory/decision/decision.ts';
import type { ReportedFinding } from '../../../domain/advisory/report/scanner-report.ts';
import type { VexProduct } from '../../../domain/advisory/vex/statement.ts';
import type { Role } from '../../../domain/identity/role.ts';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** What is known of components, and what was decided about it. */
export interface AdvisoryTables {
  component_finding: {
    component: number;
    position: number;
    advisory: string;
    decided: boolean;
    body: Json<object>;
  };
  /** Releases of distributions that advisories speak of, or did. */
  advisory_distribution: { distribution: string };
  finding_change: {
    epoch: number;
    component: number;
    advisory: string;
    change: 'appeared' | 'worsened' | 'changed' | 'gone' | 'exploited';
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
  scanner_report: {
    artifact: string;
    digest: string;
    about: string;
    named: boolean;
    scanner: string;
    version: string;
    findings: ColumnType<readonly ReportedFinding[], string, string>;
    advisories: string[];
    source: string;
    submitted_by: string;
    submitted_at: Time;
  };
  scanner_report_withdrawal: {
    artifact: string;
    digest: string;
    reason: string;
    withdrawn_by: string;
    withdrawn_at: Time;
  };
  /** Exceptions of the policy whose end was told. */
  policy_exception_end: { environment: string; advisory: string; purl: string; expires: string; told_at: Time };
  rescan_state: {
    id: Defaulted<boolean>;
    through: number;
    ended_at: MaybeTime;
    match_version: Defaulted<number>;
    /** What the policy said of attested SBOMs when everything that has one was asked for it. */
    attested_as: string | null;
    named_version: Defaulted<number>;
    /** See match-again.ts. */
    matching: ColumnType<object | null, string | null | undefined, string | null>;
  };
  finding_incident_due: {
    purl: string;
    advisory: string;
    severity: string;
    is_new: boolean;
    is_exploited: boolean;
    since: Time;
  };
  finding_incident: { purl: string; advisory: string; incident: string; opened_at: Time };
  advisory: {
    id: string;
    modified: string;
    withdrawn: Defaulted<boolean>;
    record: Json<object>;
    record_digest: string;
  };
  advisory_feed_time: { ecosystem: string; synced_at: Date; named: boolean; current_since: Time };
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
  finding: {
    id: GeneratedAlways<number>;
    kind: string;
    subject: string;
    detail: Json<object>;
    event_id: string | null;
    found_at: Time;
  };
}
