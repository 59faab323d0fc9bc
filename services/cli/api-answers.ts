/** What the gateway's API answers, as far as the command line reads it. A test holds these against the gateway's schemas. */
import type { ArtifactDetail as RecordedDetail } from '../../adapters/postgres/read-artifact-detail.ts';
import type { ArtifactFinding } from '../../adapters/postgres/read-artifact-findings.ts';
import type { ArtifactSummary } from '../../adapters/postgres/read-artifacts.ts';
import type { HistorySummary } from '../../adapters/postgres/read-histories.ts';
import type { ImportedReference, ImportSummary } from '../../adapters/postgres/read-imports.ts';
import type { ReportedArtifact, ReportedEnvironment } from '../../adapters/postgres/read-policy-report.ts';
import type { PromotionDetail, PromotionSummary } from '../../adapters/postgres/read-promotions.ts';
import type { ScannerReportSummary } from '../../adapters/postgres/read-scanner-reports.ts';
import type { AdvisoryEpochSummary, AdvisoryState, ThreatState } from '../../adapters/postgres/read-status.ts';
import type { TokenStore } from '../../adapters/postgres/token-store.ts';
import type { FindingDecision } from '../../domain/advisory/decision/decision.ts';
import type { DocumentReceipt } from '../../domain/advisory/decision/decision-book.ts';
import type { EpochSummary } from '../../domain/advisory/epoch.ts';
import type { ReportReceipt } from '../../domain/advisory/report/report-book.ts';
import type { AffectedArtifact, AffectedSummary } from '../../domain/affected/affected-report.ts';
import type { HistoryEvent } from '../../domain/history/history-event.ts';
import type { OwnKey, Revocation } from '../../domain/trust/key-desk.ts';

export interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface HistoryAnswer extends HistorySummary {
  /** None where the body is not kept any more. */
  readonly events: readonly HistoryEvent[];
}

export interface AffectedAnswer extends ListAnswer<AffectedArtifact>, Omit<AffectedSummary, 'artifacts'> {
  /** On the first page. */
  readonly artifacts?: AffectedSummary['artifacts'];
}

/** A decision about findings, as the API shows it. */
export interface FindingDecisionAnswer extends Omit<FindingDecision, 'scope'> {
  /** Of a document the first 20 products, and how many there are. */
  readonly scope: FindingDecision['scope'] & { readonly productCount?: number };
}

export type DocumentAnswer = DocumentReceipt;

export type ReportAddedAnswer = ReportReceipt;

export type ArtifactFindingAnswer = ArtifactFinding;

export interface ScannerReportsAnswer {
  readonly items: readonly ScannerReportSummary[];
}

export type ImportAnswer = ImportSummary;
export type ImportedReferenceAnswer = ImportedReference;
export type ReportedArtifactAnswer = ReportedArtifact;

export interface PolicyReportCountsAnswer {
  readonly policyVersion: number;
  readonly environments: readonly (ReportedEnvironment & { readonly mode: 'audit' | 'enforce' })[];
}

/** What a pipeline, or a promotion, does now. */
export interface RunAnswer {
  readonly workflowId: string;
  readonly status: string;
  readonly pending: readonly {
    readonly activity: string;
    readonly attempt: number;
    readonly lastFailure?: string | undefined;
    readonly nextTryAt?: string | undefined;
  }[];
}

export interface ArtifactAnswer extends Omit<RecordedDetail, 'promotions'> {
  readonly artifact: ArtifactSummary;
  readonly pipeline: RunAnswer | null;
  readonly promotions: readonly (PromotionSummary & RunningAnswer)[];
}

/** Servers of before do not say. */
interface RunningAnswer {
  readonly run?: RunAnswer | null;
}

export type PromotionAnswer = PromotionDetail & RunningAnswer;

export interface PromotionRequestAnswer {
  readonly outcome: 'requested' | 'already-open' | 'already-live';
  readonly promotion: string;
}

export interface PromotionPreviewAnswer {
  readonly dryRun: true;
  readonly repository: string;
  readonly digest: string;
  readonly environment: string;
  readonly wouldEnter: boolean;
  readonly live: boolean;
  readonly verdict: RecordedDetail['verdicts'][number] | null;
  readonly open: PromotionSummary | null;
  readonly refusedBy: readonly string[];
  readonly awaits: readonly string[];
}

export interface CancelAnswer {
  readonly outcome: 'cancelled' | 'taken-back';
  readonly promotion: string;
}

export interface RetryAnswer {
  readonly outcome: 'retried';
}

export interface DecisionAnswer {
  readonly outcome: 'counted';
  readonly state: string;
  readonly reason: string;
}

export interface IncidentPreviewAnswer {
  readonly dryRun: boolean;
  readonly subjects: readonly {
    readonly digest: string;
    readonly relation: 'selected' | 'child' | 'parent' | 'copy';
    readonly repositories: readonly string[];
    readonly environments: readonly string[];
  }[];
  readonly shared: readonly string[];
}

export interface IncidentOpenedAnswer extends IncidentPreviewAnswer {
  readonly id: string;
}

export interface ReleaseAnswer {
  readonly outcome: 'waiting' | 'released' | 'rejected';
  readonly request?: string | undefined;
  readonly reason?: string | undefined;
  readonly incidents?: readonly string[] | undefined;
  readonly repositories?: readonly string[] | undefined;
}

export interface AdvisoriesStoredAnswer extends AdvisoryState {
  readonly stored: number;
  readonly added: number;
  readonly updated: number;
  readonly withdrawn: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly firstRejected: readonly { readonly line: number; readonly place?: string; readonly reason: string }[];
}

export interface AdvisoriesStatusAnswer extends AdvisoryState {
  /** The last ones, newest first. */
  readonly epochs: readonly AdvisoryEpochSummary[];
  readonly threats: readonly ThreatState[];
}

export type ThreatsStoredAnswer = EpochSummary;

/** A token without its secret. */
export type TokenAnswer = Awaited<ReturnType<TokenStore['list']>>[number];

export type PolicyActivatedAnswer =
  | { readonly outcome: 'activated' | 'unchanged'; readonly version: number; readonly digest: string }
  | {
      readonly outcome: 'proposed';
      readonly proposal: string;
      readonly version: number;
      readonly digest: string;
      readonly reason: string;
    };

/** One thing looked at; `next` says what to do about what is not well. */
export interface DoctorFinding {
  readonly level: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly says: string;
  readonly next?: string | undefined;
}

export interface DoctorCheckAnswer {
  readonly name: string;
  readonly findings: readonly DoctorFinding[];
}

export interface DoctorAnswer {
  /** RFC 3339. */
  readonly at: string;
  readonly checks: readonly DoctorCheckAnswer[];
  readonly registry: string;
  readonly environments: readonly { readonly name: string; readonly probe: string }[];
}

/** Own keys, signers of the policy, revocations with what fell. */
export interface KeysAnswer {
  readonly own: readonly OwnKey[];
  readonly signers: readonly {
    readonly name: string;
    readonly identity: string;
    readonly state: 'trusted' | 'retiring' | 'revoked';
    readonly from: string | null;
    readonly until: string | null;
  }[];
  readonly revocations: readonly Revocation[];
}

export interface KeyRevokedAnswer {
  readonly outcome: 'revoked' | 'unchanged';
  readonly value: string;
  readonly judgedAgain: readonly { readonly repository: string; readonly digest: string }[];
}
