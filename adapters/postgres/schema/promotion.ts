import type { ColumnType, GeneratedAlways } from 'kysely';
import type { ProofReference } from '../../../domain/identity/approval-proof.ts';
import type { WaitingFor } from '../../../domain/promotion/promotion-book.ts';
import type { PromotionState } from '../../../domain/promotion/state.ts';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** One answer of one person to one decision. */
interface ApprovalColumns {
  environment: string;
  repository: string;
  digest: string;
  decision_digest: string;
  principal: string;
  groups: Json<string[]>;
  verb: 'approve' | 'reject';
  reason: string;
  proof: ColumnType<ProofReference | null, string | null | undefined, string | null>;
  at: Time;
  voided_by: ColumnType<string | null, string | null | undefined, string | null>;
  void_reason: ColumnType<string | null, string | null | undefined, string | null>;
}

/** Ways into environments, and what is in them. */
export interface PromotionTables {
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
    /** Who took it back while it was being copied, with the reason; null where nobody did. */
    cancel: ColumnType<string | null, string | null | undefined, string | null>;
    trace: string | null;
    requested_at: Time;
    /** Since when it waits for people; null while it waits for something else first, or asks nobody. */
    asked_at: MaybeTime;
    updated_at: Time;
    ended_at: MaybeTime;
  };
  approval: ApprovalColumns;
  /** What was said before somebody decided again about the same decision. */
  replaced_approval: ApprovalColumns & { id: GeneratedAlways<number>; replaced_at: Time };
  line_stop: {
    id: GeneratedAlways<number>;
    environment: string | null;
    reason: string;
    stopped_by: string;
    stopped_at: Time;
    resumed_by: ColumnType<string | null, string | null | undefined, string>;
    resume_reason: ColumnType<string | null, string | null | undefined, string>;
    resumed_at: MaybeTime;
  };
  placement: {
    environment: string;
    destination: string;
    digest: string;
    state: 'reserved' | 'live' | 'removed';
    since: Time;
  };
  gone_place: {
    id: GeneratedAlways<number>;
    environment: string;
    destination: string;
    digest: string;
    /** Empty: the bytes themselves. */
    tag: string;
    seen_at: Time;
  };
  placement_claim: {
    environment: string;
    destination: string;
    digest: string;
    claim: string;
    created: Json<string[]>;
    claimed_at: Time;
    released_at: MaybeTime;
    /** What the tag named before this claim moved it; '' is nothing. */
    tag_before: ColumnType<string | null, string | null | undefined, string | null>;
  };
  channel: {
    environment: string;
    destination: string;
    tag: string;
    digest: string;
    build_order: number;
    /** Of the newest build it ever named; null where only a worker of a release before moved it. */
    newest_order: number | null;
    moved_at: Time;
  };
}

/** While it copies, a promotion is stored as reserved. */
export type PromotionRowState = Exclude<PromotionState, 'copying'>;
