import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { EvidenceRecord } from '../../domain/trust/evidence.ts';
import { commandBuildType } from '../../domain/trust/provenance-statement.ts';
import { type ExamineDependencies, type Examiner, openExaminer } from './examine-evidence.ts';

/** As many as are ever listed of one subject: stopping sooner, a flood would hide what comes after it. */
const REFERRERS_PER_RUN = 20_000;
/** Written as they come: a run that is ended in a flood goes on where it was. */
const RECORDS_PER_WRITE = 500;
/** Looked at once more in each run: listed, and not there (yet), or broken. */
const RETRIED_PER_RUN = 100;

/**
 * Reads what is attached to each subject, verifies what these keys have not been tried on, and records it with the facts it
 * establishes. A flood of foreign referrers costs two requests each, once. Runs before anything of ours is attached, so that
 * foreign evidence is known by digest first. Returns how many were looked at.
 */
export async function recordEvidence(
  deps: ExamineDependencies,
  policy: Policy,
  repository: string,
  subjects: readonly Digest[],
): Promise<number> {
  const examiner = await openExaminer(deps, policy);
  let looked = 0;
  for (const subject of subjects) looked += await recordSubject(deps, examiner, repository, subject);
  return looked;
}

async function recordSubject(
  { desk, evidence, now }: ExamineDependencies,
  examiner: Examiner,
  repository: string,
  subject: Digest,
): Promise<number> {
  const before = await evidence.recorded({ repository, digest: subject });
  const unreadable = before.filter(isUnreadable).map((record) => record.manifest);
  const settled = before.filter((record) => isSettled(record, examiner)).map((record) => record.manifest);
  const known = new Set([...settled, ...unreadable]);
  let looked = 0;
  let records: EvidenceRecord[] = [];
  const write = async () => {
    await evidence.record(repository, records);
    looked += records.length;
    records = [];
  };
  for await (const attached of desk.read(repository, subject, { limit: REFERRERS_PER_RUN, known })) {
    const record = await examiner.examine(attached, subject);
    if (record !== undefined) records.push(record);
    if (records.length >= RECORDS_PER_WRITE) await write();
  }
  for (const manifest of turnOf(unreadable, now())) {
    const attached = await desk.readOne(repository, subject, manifest);
    const isThere = attached?.kind === 'bundle' || attached?.kind === 'envelope';
    const record = isThere ? await examiner.examine(attached, subject) : undefined;
    if (record !== undefined) records.push(record);
  }
  await write();
  return looked;
}

/** Other ones each minute: whoever lists many that are not there keeps none from being looked at again. */
function turnOf(manifests: readonly Digest[], now: Date): Digest[] {
  const turns = Math.max(1, Math.ceil(manifests.length / RETRIED_PER_RUN));
  const from = (Math.floor(now.getTime() / 60_000) % turns) * RETRIED_PER_RUN;
  return manifests.slice(from, from + RETRIED_PER_RUN);
}

function isUnreadable({ predicateType, verification }: EvidenceRecord): boolean {
  return verification.outcome === 'rejected' && predicateType === 'unreadable';
}

/**
 * Rejected under the same keys, or verified below the roots of the same signers; or verified, and nothing of it was left out that
 * a later policy may believe: who committed, from a builder it did not list yet.
 */
function isSettled({ verification, provenance, triedKeys }: EvidenceRecord, { keySet }: Examiner): boolean {
  if (verification.outcome === 'rejected' || verification.identity.kind === 'x509') return triedKeys === keySet;
  return provenance?.buildType !== commandBuildType || provenance.committers !== undefined;
}
