/** The last steps into an environment: what was copied is all there, the tag moves, and the promotion is live. */
import { manifestsWithin } from '../domain/artifact/manifests-within.ts';
import type { Registry, StoredManifest, SubjectLease } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { EvidenceBook } from '../domain/policy/verdict-book.ts';
import type { GoLive, PromotionBook, PromotionKey } from '../domain/promotion/promotion-book.ts';
import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { LEASE_SECONDS } from './copy-into-environment.ts';
import { moveTag } from './move-tag.ts';
import { putTagBack } from './put-tag-back.ts';

export interface EnterDependencies {
  readonly registry: Registry;
  readonly promotions: PromotionBook;
  readonly evidence: EvidenceBook;
  readonly desk: EvidenceDesk;
  /** Serialises tag moves of one channel between processes. */
  readonly lease: SubjectLease;
}

/** What the lease on a tag of an environment is called. */
export const channelLease = (environment: string, destination: string, tag: string) =>
  `channel ${environment} ${destination}:${tag}`;

export async function enterEnvironment(deps: EnterDependencies, key: PromotionKey): Promise<GoLive> {
  const { registry, promotions, lease } = deps;
  const { destination, tag } = await promotions.route(key);
  const stored = await registry.getManifest(destination, key.digest);
  const lacks = stored === undefined ? 'the artifact' : await whatIsLacking(deps, destination, stored);
  if (stored === undefined || lacks !== undefined) {
    // Taken out by a quarantine is one thing, lost another.
    const standing = await promotions.extendLease(key, LEASE_SECONDS);
    if (standing.outcome === 'refused') return standing;
    return { outcome: 'refused', state: 'cancelled', reason: `${destination} does not show ${lacks}` };
  }
  if (tag === undefined) return promotions.goLive(key);
  return lease.hold(channelLease(key.environment, destination, tag), async (held) => {
    if (await promotions.planTagMove(key, (await registry.resolve(destination, tag))?.digest)) {
      await reach('promotion.tag-planned', key.digest);
      held.check();
      await moveTag(registry, destination, tag, stored);
    }
    await reach('promotion.tag-moved', key.digest);
    const result = await promotions.goLive(key);
    if (result.outcome === 'refused') await putTagBack(deps, key, held);
    return result;
  });
}

/** Of what was copied and attached, asked of the registry now; undefined where all of it is there. */
async function whatIsLacking(
  { registry, evidence, desk }: EnterDependencies,
  destination: string,
  stored: StoredManifest,
): Promise<string | undefined> {
  const within = await manifestsWithin(registry, destination, stored);
  const gone = within.find(({ isThere }) => !isThere);
  if (gone !== undefined) return `its ${gone.digest}`;
  const recorded = await evidence.recordedWithChildren({ repository: destination, digest: stored.descriptor.digest });
  const expected = recorded.filter((record) => record.verification.outcome === 'verified');
  const missing = await desk.missing(destination, expected);
  if (missing.length === 0) return undefined;
  return `${missing.length} of ${expected.length} pieces of evidence that were attached`;
}
