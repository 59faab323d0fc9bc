import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { Database } from './database.ts';

export interface VerdictSummary {
  environment: string;
  outcome: string;
  admitted: boolean;
  policyVersion: number;
  policyDigest: string;
  decisionDigest: string;
  generation: number;
  vsa: string | null;
  evaluatedAt: string;
  /** When the first of the decisions it rests on ends; absent where it rests on none, or on none that ends. */
  decisionsUntil?: string;
  gates: { gate: string; verdict: string; reason: string; evidence: string[]; details: string[] }[];
}

/** Per environment the verdict that was made last. */
export async function readVerdicts(db: Database, key: ArtifactKey): Promise<VerdictSummary[]> {
  const rows = await db
    .selectFrom('verdict')
    .distinctOn('environment')
    .selectAll()
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('environment')
    // A decision that comes back renews its old row: the newest is the one judged last.
    .orderBy('evaluated_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(({ body, ...row }) => ({
    environment: row.environment,
    outcome: row.outcome,
    admitted: row.admitted,
    policyVersion: row.policy_version,
    policyDigest: row.policy_digest,
    decisionDigest: row.decision_digest,
    generation: row.generation,
    vsa: row.vsa,
    evaluatedAt: row.evaluated_at.toISOString(),
    ...untilOf(body as unknown as Verdict),
    gates: (body as unknown as Verdict).gates.map(({ gate, verdict, reason, evidence, details }) => ({
      gate,
      verdict,
      reason,
      evidence: [...evidence],
      details: [...details],
    })),
  }));
}

function untilOf({ decisionsUntil }: Verdict): { decisionsUntil?: string } {
  return decisionsUntil === undefined ? {} : { decisionsUntil };
}
