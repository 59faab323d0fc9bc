/** Bytes first, then evidence; the tag comes last, at go-live. */
import { Context } from '@temporalio/activity';
import type { Digest } from '../domain/artifact/digest.ts';
import type { Confirm } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { EvidenceBook } from '../domain/policy/verdict-book.ts';
import type { PromotionBook, PromotionKey, Standing } from '../domain/promotion/promotion-book.ts';

import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { travels } from '../domain/trust/evidence-travels.ts';
import { ClaimGivenUp } from './claim-given-up.ts';
import { copyLateEvidence } from './copy-late-evidence.ts';
import { createSignOfLife } from './sign-of-life.ts';

export interface CopyDependencies {
  readonly promotions: PromotionBook;
  readonly evidence: EvidenceBook;
  readonly desk: EvidenceDesk;
  readonly copyArtifact: (route: {
    from: string;
    to: string;
    digest: Digest;
    progress: (place: string) => void;
    onCreate: (manifests: readonly Digest[]) => Promise<void>;
    confirm: Confirm;
  }) => Promise<void>;
}

/** Longer than any single write to a registry; a copy that outlives it is taken back. */
export const LEASE_SECONDS = 300;

export type Copied =
  | { readonly outcome: 'copied' }
  | {
      readonly outcome: 'refused';
      /** Absent in histories of before it was told: then the lease was over. */
      readonly state?: 'quarantined' | 'cancelled';
      readonly reason: string;
    };

/** What the claim makes is recorded before it is made, so that undo knows it wherever this process ends. */
export async function copyIntoEnvironment(deps: CopyDependencies, key: PromotionKey): Promise<Copied> {
  const { promotions } = deps;
  const standing = await promotions.extendLease(key, LEASE_SECONDS);
  if (standing.outcome === 'refused') return standing;
  let after: Standing;
  try {
    after = await copyAll(deps, key);
  } catch (error) {
    // What a quarantine took away under our hands is its doing, whichever step noticed.
    after = await promotions.extendLease(key, LEASE_SECONDS);
    if (after.outcome === 'stands' && !(error instanceof ClaimGivenUp)) throw error;
    if (after.outcome === 'stands')
      return { outcome: 'refused', state: 'cancelled', reason: 'what was copied was taken out again meanwhile' };
  }
  return after.outcome === 'refused' ? after : { outcome: 'copied' };
}

async function copyAll(
  { promotions, evidence, desk, copyArtifact }: CopyDependencies,
  key: PromotionKey,
): Promise<Standing> {
  const { source, destination } = await promotions.route(key);
  const context = Context.current();
  const created = new Set<Digest>();
  const onCreate = async (manifests: readonly Digest[]) => {
    if (!(await promotions.recordCreated(key, manifests))) throw new ClaimGivenUp();
    for (const manifest of manifests) created.add(manifest);
  };
  const progress = createSignOfLife(context);
  await copyArtifact({ from: source, to: destination, digest: key.digest, progress, onCreate, confirm: 'later' });
  await reach('promotion.copied', key.digest);
  const standing = await promotions.extendLease(key, LEASE_SECONDS);
  if (standing.outcome === 'refused') return standing;
  const records = (await evidence.recordedWithChildren({ repository: source, digest: key.digest })).filter(travels);
  const items = records.map(({ subject, manifest }) => ({ subject, manifest, isSubjectNew: created.has(subject) }));
  // The admission lists it with its own; go-live reads all of it back, whatever became of it meanwhile.
  const options = { onCreate, confirm: 'unlisted' } as const;
  await desk.copy(source, destination, items, options);
  await reach('promotion.evidence-copied', key.digest);
  await evidence.record(destination, records);
  if (source !== key.repository)
    await copyLateEvidence({ evidence, desk }, key, { repository: destination, recorded: records }, options);
  return standing;
}
