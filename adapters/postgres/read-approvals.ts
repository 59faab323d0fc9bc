/** What people said about one artifact in one environment, also what counts no more. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { ProofReference } from '../../domain/identity/approval-proof.ts';
import { type ApprovalQuestion, type PastCause, pastCause } from '../../domain/policy/evaluate-approvals.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { Database } from './database.ts';

export interface ApprovalSummary {
  principal: string;
  groups: string[];
  verb: string;
  reason: string;
  decisionDigest: string;
  /** Whether it answers what is asked now or, of what has ended, was asked last; and no quarantine, nor a doubt about its proof, came after it. */
  current: boolean;
  /** Why it counts no more; null while it is current. */
  past: string | null;
  /** Their own, and whose key or identity it showed. */
  proof: ProofReference | null;
  at: string;
}

const columns = [
  ...(['principal', 'groups', 'verb', 'reason', 'decision_digest', 'at', 'proof'] as const),
  ...(['voided_by', 'void_reason'] as const),
] as const;

/** What is asked for, or was. */
export type Asked = Pick<ApprovalQuestion, 'requestedAt' | 'anewSince'> & { readonly decision: string | null };

/** In the order they were given. */
export async function readApprovals(
  db: Database,
  environment: string,
  { repository, digest }: ArtifactKey,
  asked: Asked,
): Promise<ApprovalSummary[]> {
  const isAbout = sql<boolean>`(environment, repository, digest) = (${environment}, ${repository}, ${digest})`;
  const rows = await db
    .selectFrom('approval')
    .select([...columns, sql<boolean>`false`.as('replaced')])
    .where(isAbout)
    .unionAll(
      db
        .selectFrom('replaced_approval')
        .select([...columns, sql<boolean>`true`.as('replaced')])
        .where(isAbout),
    )
    .orderBy('at')
    .execute();
  return rows.map((row) => {
    const { principal, groups, verb, reason, proof } = row;
    const given = { principal, groups, verb, reason, decisionDigest: row.decision_digest, at: row.at.toISOString() };
    const past = whyPast(row, asked, { ...given, ...(proof === null ? {} : { proof }) });
    return { ...given, proof, current: past === null, past };
  });
}

interface Stored {
  readonly voided_by: string | null;
  readonly void_reason: string | null;
  readonly replaced: boolean;
}

function whyPast({ voided_by, void_reason, replaced }: Stored, asked: Asked, given: Approval): string | null {
  if (voided_by !== null) return `given before incident ${voided_by}`;
  if (void_reason !== null) return void_reason;
  if (replaced) return 'they decided again later';
  // A promotion that an earlier release ended may not say what was decided: nothing is said of that, then.
  const cause = pastCause({ ...asked, decisionDigest: asked.decision ?? given.decisionDigest }, given);
  return cause === undefined ? null : WORDS[cause];
}

const WORDS: Readonly<Record<PastCause, string>> = {
  'ended-another': 'it ended what was asked for before',
  'asked-anew': 'given before it was rejected and asked for again',
  'other-decision': 'of another decision',
};
