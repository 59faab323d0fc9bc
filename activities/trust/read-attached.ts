import type { Digest } from '../../domain/artifact/digest.ts';
import type { AttachedEvidence, EvidenceDesk } from '../../domain/trust/evidence-desk.ts';

/** One piece of evidence from the first of these repositories that has it; else what the last one says in its place. */
export async function readAttached(
  desk: Pick<EvidenceDesk, 'readOne'>,
  repositories: readonly string[],
  subject: Digest,
  manifest: Digest,
): Promise<AttachedEvidence | undefined> {
  let attached: AttachedEvidence | undefined;
  for (const repository of repositories) {
    attached = await desk.readOne(repository, subject, manifest);
    if (attached?.kind === 'bundle' || attached?.kind === 'envelope') return attached;
  }
  return attached;
}
