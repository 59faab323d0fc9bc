/** Taking a digest out of every environment, and proving that it is out. Fences are up before any of this runs. */

import { Context } from '@temporalio/activity';
import type { Digest } from '../domain/artifact/digest.ts';
import type { Registry } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { Holding, QuarantineBook, QuarantineKey } from '../domain/incident/quarantine-book.ts';
import { withFailures } from './failures.ts';

export interface QuarantineDependencies {
  readonly registry: Registry;
  readonly quarantines: QuarantineBook;
  readonly copyArtifact: (route: {
    from: string;
    to: string;
    digest: Digest;
    progress: (place: string) => void;
  }) => Promise<void>;
}

export interface ReadBack {
  readonly clean: boolean;
  /** Where it was still seen: `prod/shop:1.2`. */
  readonly seen: readonly string[];
}

export function createQuarantineActivities(deps: QuarantineDependencies) {
  const { quarantines } = deps;
  return withFailures({
    stands: (key: QuarantineKey): Promise<boolean> => quarantines.stands(key),
    inFlight: (key: QuarantineKey) => quarantines.inFlight(key),
    holdings: (key: QuarantineKey): Promise<readonly Holding[]> => quarantines.holdings(key),
    removeFrom: (key: QuarantineKey, holding: Holding): Promise<void> => removeFrom(deps, key, holding),
    readBack: (key: QuarantineKey, holdings: readonly Holding[]): Promise<ReadBack> => readBack(deps, key, holdings),
    async confirm(key: QuarantineKey, seen: Parameters<QuarantineBook['confirm']>[1]): Promise<void> {
      await reach('quarantine.read-back', key.digest);
      await quarantines.confirm(key, seen);
    },
    unconfirmed: (incident: string): Promise<number> => quarantines.unconfirmed(incident),
    contain: (incident: string): Promise<void> => quarantines.contain(incident),
  });
}

/** A copy is kept for those who investigate; then the manifest goes, and every tag that named it. */
async function removeFrom(
  { registry, quarantines, copyArtifact }: QuarantineDependencies,
  key: QuarantineKey,
  holding: Holding,
): Promise<void> {
  // Whoever reaches the queue can name any place: only what is held is taken out, and only to its own quarantine.
  if (!(await quarantines.stands(key)) || !(await isHeld(quarantines, key, holding))) return;
  const context = Context.current();
  const present = await registry.getManifest(holding.destination, key.digest);
  if (present !== undefined) {
    await copyArtifact({
      from: holding.destination,
      to: holding.quarantine,
      digest: key.digest,
      progress: (place) => context.heartbeat(place),
    });
    await reach('quarantine.kept', key.digest);
    await registry.deleteManifest(holding.destination, key.digest);
    await reach('quarantine.deleted', key.digest);
    const needed = new Set(await quarantines.neededChildren(key, holding.destination));
    const children =
      present.content.kind === 'index' ? present.content.index.manifests.map((child) => child.digest) : [];
    for (const child of children) if (!needed.has(child)) await registry.deleteManifest(holding.destination, child);
  }
  await reach('quarantine.removed', key.digest);
  await quarantines.recordRemoved(key, holding);
}

async function isHeld(quarantines: QuarantineBook, key: QuarantineKey, { destination, quarantine }: Holding) {
  const held = await quarantines.holdings(key);
  return held.some((one) => one.destination === destination && one.quarantine === quarantine);
}

/** By digest and by every tag: what the registry serves is what counts. */
async function readBack(
  { registry }: QuarantineDependencies,
  key: QuarantineKey,
  holdings: readonly Holding[],
): Promise<ReadBack> {
  const seen: string[] = [];
  for (const { destination } of holdings) {
    if ((await registry.resolve(destination, key.digest)) !== undefined) seen.push(`${destination}@${key.digest}`);
    for (const tag of await registry.listTags(destination))
      if ((await registry.resolve(destination, tag))?.digest === key.digest) seen.push(`${destination}:${tag}`);
  }
  return { clean: seen.length === 0, seen };
}

export type QuarantineActivities = ReturnType<typeof createQuarantineActivities>;
