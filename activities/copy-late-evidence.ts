import type { Digest } from '../domain/artifact/digest.ts';
import type { Confirm } from '../domain/artifact/registry.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import type { EvidenceBook } from '../domain/policy/verdict-book.ts';
import type { EvidenceRecord } from '../domain/trust/evidence.ts';
import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { cameLate } from '../domain/trust/evidence-travels.ts';

export interface LateEvidenceDependencies {
  readonly evidence: Pick<EvidenceBook, 'recordedWithChildren' | 'record'>;
  readonly desk: Pick<EvidenceDesk, 'missing' | 'copy'>;
}

/**
 * Copies what others attached where it was pushed after it had left there: it is judged by all that is recorded there, and at its
 * place. What the registry does not show there any more is left out, and counts for nothing when it is judged.
 */
export async function copyLateEvidence(
  { evidence, desk }: LateEvidenceDependencies,
  { repository, digest }: ArtifactKey,
  to: { readonly repository: string; readonly recorded: readonly EvidenceRecord[] },
  options: {
    readonly onCreate: (manifests: readonly Digest[]) => Promise<void>;
    readonly confirm?: Confirm | 'unlisted';
  },
): Promise<void> {
  if (to.repository === repository) return;
  const late = cameLate(await evidence.recordedWithChildren({ repository, digest }), to.recorded);
  if (late.length === 0) return;
  const gone = new Set(await desk.missing(repository, late));
  const there = late.filter(({ manifest }) => !gone.has(manifest));
  if (there.length === 0) return;
  await desk.copy(
    repository,
    to.repository,
    there.map(({ subject, manifest }) => ({ subject, manifest })),
    options,
  );
  await evidence.record(to.repository, there);
}
