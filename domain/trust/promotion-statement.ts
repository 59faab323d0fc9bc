import type { Digest } from '../artifact/digest.ts';
import type { ProofReference } from '../identity/approval-proof.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** One promotion that went live. */
export interface PromotionRecord {
  readonly digest: Digest;
  /** `<registry>/<repository>` the artifact was copied from and to, with the tag where there is one. */
  readonly from: string;
  readonly to: string;
  /** Undefined for the first environment. */
  readonly fromEnvironment: string | undefined;
  readonly toEnvironment: string;
  /** RFC 3339. */
  readonly at: string;
  /** URI of this installation, with its version: `https://pratique.example/…@0.1.0`. */
  readonly promoter: string;
  readonly approvals: readonly {
    readonly principal: string;
    readonly at: string;
    readonly decisionDigest: string;
    /** Their own: whose key or identity, and the digest it is kept under. */
    readonly proof?: ProofReference;
  }[];
  /** Digest of the manifest that carries the signed verdict. */
  readonly verdict: Digest;
  /** Every manifest that was copied: the artifact, its children, its evidence. */
  readonly copied: readonly Digest[];
}

/** Member of ours, named by URI: ignored by consumers that do not know it (in-toto v1 README, parsing rules). */
export const promotionDetailsField = 'https://pratique.dev/promotion/v1/details';

/** A promotion as evidence: the members of in-toto's promotion record (spec/predicates/promotion-record.md), and ours beside them. */
export function createPromotionStatement(record: PromotionRecord): Statement {
  return createStatement(record.digest, predicateTypes.promotion, {
    srcRef: record.from,
    dstRef: record.to,
    digest: record.digest,
    timestamp: record.at,
    builderId: record.promoter,
    [promotionDetailsField]: {
      fromEnvironment: record.fromEnvironment ?? null,
      toEnvironment: record.toEnvironment,
      approvals: record.approvals,
      verdict: record.verdict,
      copied: record.copied,
    },
  });
}
