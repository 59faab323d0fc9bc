import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { EvidenceRecord } from '../../domain/trust/evidence.ts';
import { commandBuildType } from '../../domain/trust/provenance-statement.ts';
import { type ExamineDependencies, openExaminer } from './examine-evidence.ts';

/** New referrers looked at per subject and run: a flood of foreign ones costs bounded time and hides nothing recorded. */
const REFERRERS_PER_RUN = 1000;

/**
 * Reads what is attached to each subject, verifies what is not yet verified, and records it with the facts it establishes.
 * Runs before anything of ours is attached, so that foreign evidence is known by digest first.
 */
export async function recordEvidence(
  deps: ExamineDependencies,
  policy: Policy,
  repository: string,
  subjects: readonly Digest[],
): Promise<number> {
  const examiner = await openExaminer(deps, policy);
  let recorded = 0;
  for (const subject of subjects) {
    const before = await deps.evidence.recorded({ repository, digest: subject });
    const known = new Set(before.filter(isSettled).map((record) => record.manifest));
    const records: EvidenceRecord[] = [];
    for await (const attached of deps.desk.read(repository, subject, { limit: REFERRERS_PER_RUN, known })) {
      const record = await examiner.examine(attached, subject);
      if (record !== undefined) records.push(record);
    }
    await deps.evidence.record(repository, records);
    recorded += records.length;
  }
  return recorded;
}

/** Verified, and nothing of it was left out that a later policy may believe: who committed, from a builder it did not list yet. */
function isSettled({ verification, provenance }: EvidenceRecord): boolean {
  if (verification.outcome === 'rejected') return false;
  return provenance?.buildType !== commandBuildType || provenance.committers !== undefined;
}
