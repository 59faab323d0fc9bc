/** What the API does beyond reading: implemented elsewhere, wired in ports.ts. */
import type { PolicyActivation } from '../../adapters/postgres/policy-store.ts';
import type { DecisionBook } from '../../domain/advisory/decision/decision-book.ts';
import type { AdvisoryImports } from '../../domain/advisory/epoch.ts';
import type { ReportBook } from '../../domain/advisory/report/report-book.ts';
import type { ThreatImports } from '../../domain/advisory/threat-imports.ts';
import type { ReconcileDesk } from '../../domain/artifact/reconcile.ts';
import type { RebuildDesk } from '../../domain/building/rebuild-desk.ts';
import type { ApprovalProofs } from '../../domain/identity/approval-proof.ts';
import type { PasskeyBook } from '../../domain/identity/passkey.ts';
import type { PrincipalDesk } from '../../domain/identity/principal.ts';
import type { ImportDesk } from '../../domain/import/import-desk.ts';
import type { IncidentDesk } from '../../domain/incident/incident-desk.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { ChangeDecision, PolicyProposal, ProposalOutcome } from '../../domain/policy/policy-proposal.ts';
import type { LineDesk } from '../../domain/promotion/line-desk.ts';
import type { PromotionDesk } from '../../domain/promotion/promotion-desk.ts';
import type { KeyDesk } from '../../domain/trust/key-desk.ts';
import type { RotationDesk } from '../../domain/trust/key-rotation.ts';
import type { DoctorFacts } from './doctor/facts.ts';

interface PendingActivity {
  activity: string;
  /** 1 for the first. */
  attempt: number;
  lastFailure?: string | undefined;
  /** RFC 3339; absent while an attempt runs. */
  nextTryAt?: string | undefined;
}

/** A workflow as Temporal describes it now. */
interface WorkflowDescription {
  /** `RUNNING`, `COMPLETED`, `FAILED`, … */
  status: string;
  pending: PendingActivity[];
}

export interface WorkflowView {
  /** Undefined where Temporal knows none under the id. Throws where Temporal does not answer. */
  describe(workflowId: string): Promise<WorkflowDescription | undefined>;
  /** Has it try the step that failed now. False where no step waits for its next try. Throws where nothing answers. */
  retry(workflowId: string): Promise<boolean>;
}

export interface PolicyDesk {
  /** The policy in force; throws where there is none. */
  current(): Promise<Policy>;
  /** Throws a PolicyError for a file that is wrong. */
  activate(text: string, fileName: string, actor: string, signature?: string): Promise<PolicyActivation>;
  /** Newest first. */
  proposals(): Promise<readonly PolicyProposal[]>;
  decide(proposal: string, decision: ChangeDecision): Promise<ProposalOutcome>;
}

export interface GatewayPorts {
  readonly doctor: DoctorFacts;
  readonly promotions: PromotionDesk;
  readonly incidents: IncidentDesk;
  readonly line: LineDesk;
  readonly rebuilds: RebuildDesk;
  readonly imports: ImportDesk;
  readonly workflows: WorkflowView;
  /** What it activates is matched by a rescan, which is started at once where Temporal answers. */
  readonly advisories: Pick<AdvisoryImports, 'begin' | 'stage' | 'activate' | 'fail'>;
  readonly threats: ThreatImports;
  /** Whoever a decision concerns is told at once where Temporal answers. */
  readonly decisions: DecisionBook;
  readonly reports: ReportBook;
  readonly policies: PolicyDesk;
  readonly principals: PrincipalDesk;
  readonly proofs: Pick<ApprovalProofs, 'accept'>;
  readonly passkeys: PasskeyBook;
  readonly keys: KeyDesk;
  readonly rotations: RotationDesk;
  readonly reconcile: ReconcileDesk;
  /** True where Temporal answers. */
  isTemporalHealthy(): Promise<boolean>;
  close(): Promise<void>;
}
