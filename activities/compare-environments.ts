/** The registry tells of no tag that is deleted, and of nothing that a backup of before lacks: what should be there is looked for. */
import { manifestsWithin } from '../domain/artifact/manifests-within.ts';
import type { RegistryReader } from '../domain/artifact/registry.ts';
import type { GoneBook, LivePlace } from '../domain/promotion/gone-book.ts';

/** A list of tags for each repository of an environment; more is asked only about what that lacks. */
export async function compareEnvironments(
  registry: RegistryReader,
  gone: GoneBook,
  { progress, goOn }: { progress: (repository: string) => void; goOn: (error: unknown) => void },
): Promise<void> {
  const places = Map.groupBy(await gone.livePlaces(), ({ place }) => place.destination);
  for (const [destination, live] of places) {
    progress(destination);
    try {
      const listed = new Set(await registry.listTags(destination));
      for (const one of live) await compare(registry, gone, one, listed);
    } catch (error) {
      goOn(error);
    }
  }
}

async function compare(registry: RegistryReader, gone: GoneBook, live: LivePlace, listed: ReadonlySet<string>) {
  const { place, key, tag, lacks } = live;
  const isNamed = tag !== null && listed.has(tag);
  switch (lacks) {
    case 'artifact':
      // A list is cheaper than a request for each that a retention rule deleted.
      if ((isNamed || tag === null) && (await isWhole(registry, live)))
        await gone.recordBack({ place, key, tag: null });
      return;
    case 'tag':
      if (isNamed && (await registry.resolve(place.destination, tag))?.digest === key.digest)
        await gone.recordBack({ place, key, tag });
      return;
    case 'nothing':
      // It may have been moved while they were listed.
      if (isNamed || tag === null || (await registry.resolve(place.destination, tag)) !== undefined) return;
      await gone.recordGone({
        ...{ place, key, lacks: key.digest },
        ...((await registry.resolve(place.destination, key.digest)) === undefined ? {} : { tag }),
      });
  }
}

async function isWhole(registry: RegistryReader, { place: { destination }, key }: LivePlace): Promise<boolean> {
  const stored = await registry.getManifest(destination, key.digest);
  if (stored === undefined) return false;
  return (await manifestsWithin(registry, destination, stored)).every(({ isThere }) => isThere);
}
