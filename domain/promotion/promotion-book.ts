/** A promotion's facts and transitions, each one transaction: the port behind the promotion workflow's activities. */
import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { ProofReference } from '../identity/approval-proof.ts';
import type { WeighedRule } from '../policy/approval-rule.ts';
import type { ApprovalResult } from '../policy/evaluate-approvals.ts';
import type { Approval } from '../policy/gate.ts';
import type { Decider, DecisionOutcome } from './promotion-desk.ts';

export interface PromotionKey extends ArtifactKey {
  readonly environment: string;
  readonly generation: number;
}

/** What a promotion waits for, as the last look at it found. */
export interface WaitingFor {
  readonly for: 'approval' | 'freeze' | 'stop' | 'soak' | 'previous-environment' | 'signing';
  /** RFC 3339: when a freeze or the soak time ends, when a request for approval expires. */
  readonly until: string | null;
  /** Of `approval`: how many count, of how many, and from which groups they must come (none: from anybody). */
  readonly approvals: {
    readonly given: number;
    readonly required: number;
    readonly groups: string[];
  } | null;
  /** Of `soak` and `previous-environment`: where it must be live first. */
  readonly environments: string[];
}

/** What a reservation found. Everything but `reserved` leaves the environment as it was, once what was `leftBehind` is undone. */
export type Reservation =
  | {
      readonly outcome: 'reserved';
      readonly source: string;
      readonly destination: string;
      readonly tag: string | undefined;
      readonly verdict: number;
      readonly admittedBy: 'pass' | 'audit';
    }
  /** Wait and ask again: at the latest at `until` (RFC 3339), sooner when something is decided. */
  | {
      readonly outcome: 'waiting';
      readonly for: Exclude<WaitingFor['for'], 'signing'>;
      readonly reason: string;
      readonly until: string | undefined;
      readonly remindAt: string | undefined;
      readonly leftBehind?: LeftBehind;
    }
  /** The verdict is missing, or of another policy, trust epoch or day: judge again. */
  | { readonly outcome: 'stale'; readonly reason: string; readonly leftBehind?: LeftBehind }
  | {
      readonly outcome: 'ended';
      readonly state: 'denied' | 'rejected' | 'expired' | 'superseded' | 'quarantined' | 'cancelled' | 'live';
      readonly reason: string;
      readonly leftBehind?: LeftBehind;
    };

/**
 * A run that was lost copied something, or moved its tag, and what stands in the way now was not there then, or the environment
 * is elsewhere by now: it is to be undone (`releaseClaim`) before anything else. Absent where there is nothing.
 */
type LeftBehind = true;

/** Whether a reservation may still be acted on, or what became of it: an incident is named with its reason. */
export type Standing =
  | { readonly outcome: 'stands' }
  | { readonly outcome: 'refused'; readonly state: 'quarantined' | 'cancelled'; readonly reason: string };

export type GoLive =
  | {
      readonly outcome: 'live';
      readonly next: readonly PromotionStart[];
      /** Workflows of promotions that waited for this one, or were superseded by it: to be told after commit. */
      readonly wake: readonly string[];
    }
  | {
      readonly outcome: 'refused';
      readonly state: 'quarantined' | 'superseded' | 'denied' | 'cancelled';
      readonly reason: string;
    };

/** A promotion whose request row is committed and whose workflow must be started. */
export interface PromotionStart {
  readonly key: PromotionKey;
  readonly workflowId: string;
}

export interface PromotionBook {
  /** Reserves, under epoch and fences, with every check; `leaseSeconds` bounds the copy that follows. */
  reserve(key: PromotionKey, leaseSeconds: number): Promise<Reservation>;
  /** Extends the lease of a copy in progress. */
  extendLease(key: PromotionKey, leaseSeconds: number): Promise<Standing>;
  /**
   * What the claim is about to create at the destination, before it does: undo removes only this. False where the claim was
   * given up: nothing may be created under it.
   */
  recordCreated(key: PromotionKey, created: readonly Digest[]): Promise<boolean>;
  /**
   * Whether this claim may move the tag now; the same order is checked again at go-live. Then it is recorded what the tag named
   * before: what went live under it last, else what the registry shows. The first record of a reservation stays.
   */
  planTagMove(key: PromotionKey, shown: Digest | undefined): Promise<boolean>;
  /** Of a claim that moved its tag and is not live: what the tag named. `before` is absent where that was nothing, or is fenced. */
  tagToPutBack(
    key: PromotionKey,
  ): Promise<{ readonly destination: string; readonly tag: string; readonly before?: Digest } | undefined>;
  /** The same checks as `reserve`, then live; and requests for what comes next, and for a tag that came meanwhile. */
  goLive(key: PromotionKey): Promise<GoLive>;
  /**
   * What undo must delete: digests this claim created (or was about to), where no other claim remains and nobody else needs
   * them. Ends the claim, and the promotion with it; one that goes on `waiting` is looked at again.
   */
  releaseClaim(
    key: PromotionKey,
    end: {
      state: 'undone' | 'failed' | 'quarantined' | 'superseded' | 'denied' | 'waiting';
      reason: string;
      /** Of `waiting`: what its signatures need is away. */
      waitingFor?: 'signing';
    },
  ): Promise<{ destination: string; remove: readonly Digest[] }>;
  /** After what `releaseClaim` named is gone, and the tag is put back: nothing of it is left to undo. */
  recordTakenBack(key: PromotionKey): Promise<void>;
  /** Ends a promotion that reserved nothing. */
  end(
    key: PromotionKey,
    end: {
      state: 'denied' | 'rejected' | 'expired' | 'superseded' | 'cancelled' | 'failed' | 'quarantined';
      reason: string;
    },
  ): Promise<void>;
  decide(
    key: PromotionKey,
    /** `decision`: what the person saw; an approval of anything else is not counted. A rejection stops whatever is there. */
    decision: {
      verb: 'approve' | 'reject';
      reason: string;
      decision?: string | undefined;
      decider: Decider;
      proof?: ProofReference | undefined;
    },
  ): Promise<DecisionOutcome>;
  /** What these approvals, and no other, come to by a rule. */
  weigh(
    key: PromotionKey,
    rule: WeighedRule,
    decision: string,
    approvals: readonly Approval[],
  ): Promise<ApprovalResult>;
  /** One approval counts no more, and says why; whoever gave it can give it again. */
  voidApproval(key: PromotionKey, approval: Approval, reason: string): Promise<void>;
  remind(key: PromotionKey, count: number): Promise<void>;
  /** Requests promotions of a judged artifact into environments without predecessors, or past those, where it is asked for again. */
  requestFirst(key: ArtifactKey, pipelineGeneration: number): Promise<readonly PromotionStart[]>;
  /** Where artifact and evidence are copied from and to. */
  route(key: PromotionKey): Promise<{ source: string; destination: string; tag: string | undefined }>;
}
