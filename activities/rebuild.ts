/** Rebuilding from trusted source: planned and concluded here, built by a builder with another host and key. */

import { Context } from '@temporalio/activity';
import type { BlobStore } from '../domain/artifact/blob-store.ts';
import type { Digest } from '../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../domain/artifact/registry.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import type { SourceCommit } from '../domain/building/builder.ts';
import type { ImageDifference } from '../domain/building/compare-files.ts';
import type { RebuildBook, RebuildKey, RebuildPlan, Rebuilt } from '../domain/building/rebuild-book.ts';
import { reach } from '../domain/fault/fault-point.ts';
import { canonicalJson } from '../domain/trust/canonical-json.ts';
import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { withFailures } from './failures.ts';

export interface RebuildDependencies {
  readonly registry: Registry;
  readonly rebuilds: RebuildBook;
  readonly desk: EvidenceDesk;
  readonly blobs: BlobStore;
  readonly copyArtifact: (route: {
    from: string;
    to: string;
    digest: Digest;
    progress: (place: string) => void;
  }) => Promise<void>;
  readonly compareImages: (
    before: { repository: string; digest: Digest },
    after: { repository: string; digest: Digest },
    signal: AbortSignal,
  ) => Promise<ImageDifference>;
  readonly startPipeline: (key: ArtifactKey, generation: number) => Promise<void>;
}

const DIFFERENCE_TYPE = 'application/vnd.pratique.image-difference.v1+json';

export function createRebuildActivities(deps: RebuildDependencies) {
  const { rebuilds } = deps;
  return withFailures({
    planRebuild: (key: RebuildKey): Promise<RebuildPlan> => rebuilds.plan(key),
    recordBuilding: (key: RebuildKey, source: SourceCommit): Promise<void> => rebuilds.recordBuilding(key, source),
    failRebuild: (key: RebuildKey, reason: string): Promise<void> => rebuilds.fail(key, reason),
    concludeRebuild: (
      key: RebuildKey,
      target: string,
      rebuilt: Rebuilt,
    ): Promise<{ identical: boolean; summary: string }> => conclude(deps, key, target, rebuilt),
  });
}

async function conclude(
  deps: RebuildDependencies,
  key: RebuildKey,
  target: string,
  rebuilt: Rebuilt,
): Promise<{ identical: boolean; summary: string }> {
  const { registry, rebuilds, desk, blobs, copyArtifact, compareImages, startPipeline } = deps;
  const context = Context.current();
  const progress = (place: string) => context.heartbeat(place);
  const evidence = [rebuilt.signature, rebuilt.provenance].map((manifest) => ({ subject: rebuilt.digest, manifest }));
  if (rebuilt.digest === key.digest) {
    await desk.copy(target, key.repository, evidence);
    const { generation } = await rebuilds.concludeIdentical(key);
    await startPipeline(key, generation);
    return { identical: true, summary: 'rebuilt to the same digest' };
  }
  const difference = await compareImages(
    { repository: key.repository, digest: key.digest },
    { repository: target, digest: rebuilt.digest },
    context.cancellationSignal,
  );
  const { digest } = await blobs.put(new TextEncoder().encode(canonicalJson(difference)), DIFFERENCE_TYPE);
  await copyArtifact({ from: target, to: key.repository, digest: rebuilt.digest, progress });
  await desk.copy(target, key.repository, evidence);
  await reach('rebuild.copied', key.digest);
  const tag = await rebuilds.tagOf(key, rebuilt.digest);
  if (tag !== undefined) {
    const stored = await registry.getManifest(key.repository, rebuilt.digest);
    if (stored === undefined)
      throw new RegistryError(
        'REGISTRY_UNAVAILABLE',
        `${key.repository}@${rebuilt.digest} is not there when read back`,
      );
    await registry.putManifest(key.repository, tag, stored.bytes, stored.descriptor.mediaType);
  }
  await reach('rebuild.tagged', key.digest);
  const summary = summarise(difference);
  const { generation } = await rebuilds.concludeDifferent(key, rebuilt.digest, digest, summary);
  await reach('rebuild.concluded', key.digest);
  await startPipeline({ repository: key.repository, digest: rebuilt.digest }, generation);
  return { identical: false, summary };
}

function summarise({ added, removed, changed, totals }: ImageDifference): string {
  const name = (entry: { path: string }) => entry.path;
  const some = (list: readonly { path: string }[]) =>
    list.length === 0 ? '' : `: ${list.slice(0, 3).map(name).join(', ')}${list.length > 3 ? ', …' : ''}`;
  return `against the original, the rebuild adds ${totals.added} files${some(added)}; lacks ${totals.removed}${some(removed)}; changes ${totals.changed}${some(changed)}`;
}

export type RebuildActivities = ReturnType<typeof createRebuildActivities>;
