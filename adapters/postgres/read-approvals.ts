/** What people said about one artifact in one environment, also what counts no more. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { ProofReference } from '../../domain/identity/approval-proof.ts';
import type { Database } from './database.ts';

export interface ApprovalSummary {
  principal: string;
  groups: string[];
  verb: string;
  reason: string;
  decisionDigest: string;
  /** Whether it binds the decision that is asked for now, and no quarantine, nor a doubt about its proof, came after it. */
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

/** In the order they were given. `decision` is what is asked for, or was. */
export async function readApprovals(
  db: Database,
  environment: string,
  { repository, digest }: ArtifactKey,
  decision: string | null,
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
    const past = whyPast(row, decision) ?? (row.replaced ? 'they decided again later' : null);
    const { principal, groups, verb, reason, proof } = row;
    const given = { principal, groups, verb, reason, decisionDigest: row.decision_digest, proof };
    return { ...given, current: past === null, past, at: row.at.toISOString() };
  });
}

interface Stored {
  readonly decision_digest: string;
  readonly voided_by: string | null;
  readonly void_reason: string | null;
}

function whyPast({ voided_by, void_reason, decision_digest }: Stored, decision: string | null): string | null {
  if (voided_by !== null) return `given before incident ${voided_by}`;
  if (void_reason !== null) return void_reason;
  return decision_digest === decision ? null : 'of an earlier decision';
}
