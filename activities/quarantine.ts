/** Taking a digest out of every environment, and proving that it is out. Fences are up before any of this runs. */

import { Context } from '@temporalio/activity';
import type { Digest } from '../domain/artifact/digest.ts';
import { manifestsWithin } from '../domain/artifact/manifests-within.ts';
import { isRegistryAway, type Registry, RegistryError } from '../domain/artifact/registry.ts';
import { reach } from '../domain/fault/fault-point.ts';
import {
  HOLDINGS_AT_ONCE,
  type Holding,
  placeOf,
  type QuarantineBook,
  type QuarantineKey,
} from '../domain/incident/quarantine-book.ts';
import { withFailures } from './failures.ts';

/** From the first try on: so long does a copy that can not be made hold up the removal. */
const KEEP_PATIENCE_MS = 600_000;
/** Of one copy; well within the activity's own limit. */
const LONGEST_COPY_MS = 300_000;
const REASON_CHARACTERS = 500;
/** A repository may have tens of thousands of tags, and all are looked at within one activity. */
const LOOKS_AT_ONCE = 16;
/** Places of one look that stand in a history: one is enough to look again. */
const LISTED = 50;

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
  /** Where it was still seen, `prod/shop:1.2`, or why that can not be told. */
  readonly seen: readonly string[];
}

export function createQuarantineActivities(deps: QuarantineDependencies) {
  const { quarantines } = deps;
  return withFailures({
    stands: (key: QuarantineKey): Promise<boolean> => quarantines.stands(key),
    inFlight: (key: QuarantineKey, after?: string) => quarantines.inFlight(key, after),
    holdings: (key: QuarantineKey, after?: string): Promise<readonly Holding[]> => holdings(deps, key, after),
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

/** What is recorded, and what the registry has though nothing is: {@link HOLDINGS_AT_ONCE} of them, from behind `after` on. */
async function holdings(
  { registry, quarantines }: QuarantineDependencies,
  key: QuarantineKey,
  after = '',
): Promise<Holding[]> {
  const recorded = await quarantines.holdings(key);
  const others = new Set(without(await quarantines.places(key), recorded));
  const inOrder = [...recorded, ...others]
    .filter((one) => placeOf(one) > after)
    .toSorted((one, two) => (placeOf(one) < placeOf(two) ? -1 : 1));
  const found: Holding[] = [];
  for (let from = 0; from < inOrder.length && found.length < HOLDINGS_AT_ONCE; from += HOLDINGS_AT_ONCE) {
    const some = inOrder.slice(from, from + HOLDINGS_AT_ONCE);
    const seen = await inTurns(
      some,
      async (one) => !others.has(one) || (await isThere(registry, one.destination, key.digest)),
    );
    found.push(...some.filter((_, at) => seen[at]));
  }
  return found.slice(0, HOLDINGS_AT_ONCE);
}

/** Also where it can not be read. Where the registry does not say, the others do not wait for that: reading back does. */
async function isThere(registry: Registry, repository: string, digest: Digest): Promise<boolean> {
  try {
    return (await registry.resolve(repository, digest)) !== undefined;
  } catch (error) {
    return !isRegistryAway(error) && !(error instanceof RegistryError && error.code === 'REGISTRY_REFUSED');
  }
}

function without(places: readonly Holding[], those: readonly Holding[]): Holding[] {
  const out = new Set(those.map(({ destination }) => destination));
  return places.filter(({ destination }) => !out.has(destination));
}

/**
 * A copy is kept for those who investigate, where that can be done; then the manifest goes, and every tag that named it. What can
 * not be kept is served no longer for that: why there is no copy is recorded before it goes.
 */
async function removeFrom(deps: QuarantineDependencies, key: QuarantineKey, holding: Holding): Promise<void> {
  const { registry, quarantines } = deps;
  // Whoever reaches the queue can name any place: only where it may be is it taken out, and only to its own quarantine.
  if (!(await quarantines.stands(key)) || !(await mayHold(quarantines, key, holding))) return;
  const present = await readHeld(registry, key, holding);
  if (present.state !== 'gone') {
    const notKept = present.state === 'unreadable' ? present.reason : await keepCopy(deps, key, holding);
    if (notKept !== undefined) await quarantines.recordNotKept(key, holding, notKept);
    await reach('quarantine.kept', key.digest);
    // A large copy takes minutes: what was let out meanwhile stays.
    if (!(await quarantines.stands(key))) return;
    await registry.deleteManifest(holding.destination, key.digest);
    await reach('quarantine.deleted', key.digest);
    const needed = new Set(await quarantines.neededChildren(key, holding.destination, present.children));
    for (const child of present.children)
      if (!needed.has(child)) await registry.deleteManifest(holding.destination, child);
  }
  await reach('quarantine.removed', key.digest);
  await quarantines.recordRemoved(key, holding);
}

type Held =
  | { readonly state: 'gone' }
  | { readonly state: 'there'; readonly children: readonly Digest[] }
  /** Its children, where it had any, are in the same closure and have their own quarantine. */
  | { readonly state: 'unreadable'; readonly reason: string; readonly children: readonly Digest[] };

async function readHeld(registry: Registry, { digest }: QuarantineKey, { destination }: Holding): Promise<Held> {
  try {
    const stored = await registry.getManifest(destination, digest);
    if (stored === undefined) return { state: 'gone' };
    const within = await manifestsWithin(registry, destination, stored);
    return {
      state: 'there',
      children: within.map((one) => one.digest),
    };
  } catch (error) {
    if (isRegistryAway(error)) throw error;
    return { state: 'unreadable', reason: reasonOf(error), children: [] };
  }
}

/** Why it can not be kept; undefined where it is. What may pass is tried again until {@link KEEP_PATIENCE_MS} are over. */
async function keepCopy(
  { copyArtifact }: QuarantineDependencies,
  { digest }: QuarantineKey,
  { destination, quarantine }: Holding,
): Promise<string | undefined> {
  let late: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    late = setTimeout(
      () => resolve(`the copy was not done within ${LONGEST_COPY_MS / 60_000} minutes`),
      LONGEST_COPY_MS,
    );
  });
  // That its worker lives is said for every activity (adapters/temporal/keep-alive.ts).
  const route = { from: destination, to: quarantine, digest, progress: () => undefined };
  const copied = copyArtifact(route).then(() => undefined);
  try {
    return await Promise.race([copied, tooLong]);
  } catch (error) {
    const waited = Date.now() - Context.current().info.scheduledTimestampMs;
    if (isRegistryAway(error) && waited < KEEP_PATIENCE_MS) throw error;
    return reasonOf(error);
  } finally {
    clearTimeout(late);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : 'it could not be read').slice(0, REASON_CHARACTERS);
}

async function mayHold(quarantines: QuarantineBook, key: QuarantineKey, { destination, quarantine }: Holding) {
  const places = await quarantines.places(key);
  return places.some((one) => one.destination === destination && one.quarantine === quarantine);
}

/**
 * By digest and by every tag, and by digest wherever else it may have been put meanwhile: what the registry serves is what counts,
 * and where it does not say, it is not out.
 */
async function readBack(
  { registry, quarantines }: QuarantineDependencies,
  { digest, incident }: QuarantineKey,
  holdings: readonly Holding[],
): Promise<ReadBack> {
  const seen: string[] = [];
  const look = async (repository: string, references: readonly string[]) => {
    const looks = await inTurns(references, (reference) => lookAt(registry, repository, reference, digest));
    seen.push(...looks.flatMap((one) => one ?? []));
  };
  for (const { destination } of holdings)
    try {
      await look(destination, [digest]);
      await look(destination, await registry.listTags(destination));
    } catch (error) {
      if (isRegistryAway(error)) throw error;
      // Too many tags to list, or a refusal: looked at again, as whoever runs the registry may mend it.
      seen.push(reasonOf(error));
    }
  for (const { destination } of without(await quarantines.places({ digest, incident }), holdings))
    await look(destination, [digest]);
  return { clean: seen.length === 0, seen: seen.slice(0, LISTED) };
}

/** The answer about each, some of them at once. */
async function inTurns<T, R>(all: readonly T[], look: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let from = 0; from < all.length; from += LOOKS_AT_ONCE)
    answers.push(...(await Promise.all(all.slice(from, from + LOOKS_AT_ONCE).map(look))));
  return answers;
}

/** The place, where it is seen there, or why that can not be told: of one, it hides none of the others. */
async function lookAt(
  registry: Registry,
  repository: string,
  reference: string,
  digest: Digest,
): Promise<string | undefined> {
  const place = `${repository}${reference === digest ? '@' : ':'}${reference}`;
  try {
    return (await registry.resolve(repository, reference))?.digest === digest ? place : undefined;
  } catch (error) {
    if (isRegistryAway(error)) throw error;
    // What is there may be older than what we read: its digest says that it is something else.
    if (error instanceof RegistryError && error.digest !== undefined)
      return error.digest === digest ? place : undefined;
    return reasonOf(error);
  }
}

export type QuarantineActivities = ReturnType<typeof createQuarantineActivities>;
