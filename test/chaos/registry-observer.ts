/** Looks at what the environments' repositories serve, in the registry itself, again and again: whatever Postgres says. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';

export interface Watched {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** An unbroken row of looks at which an environment served something under its tag. Milliseconds since the epoch. */
export interface Stay {
  /** When the first of these looks began, and the last. */
  readonly from: number;
  readonly to: number;
  /** True where a later look did not find it. */
  readonly hasEnded: boolean;
}

export interface RegistryObserver {
  /** Of one watched digest in one environment, in order; empty where it was never served. */
  stays(environment: string, digest: Digest): readonly Stay[];
  /** Looks at one repository in all environments: those that were answered in full, and those that were not. */
  readonly looks: { answered: number; unanswered: number };
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 250;

/** `environments` in the order of promotion. Tags of the watched name one digest each. */
export function observeRegistry(
  registry: Pick<RegistryReader, 'resolve' | 'listTags'>,
  environments: readonly string[],
  watched: readonly Watched[],
  fenced: readonly Digest[],
): RegistryObserver {
  const seen = new Map<string, { from: number; to: number; hasEnded: boolean }[]>();
  const looks = { answered: 0, unanswered: 0 };
  let isStopped = false;
  const repositories = Map.groupBy(watched, ({ repository }) => repository);
  const note = (environment: string, digest: Digest, isServed: boolean, at: number) => {
    const key = `${environment} ${digest}`;
    const stays = seen.get(key) ?? [];
    const last = stays.at(-1);
    const isOpen = last !== undefined && !last.hasEnded;
    if (isServed && isOpen) last.to = at;
    else if (isServed) seen.set(key, [...stays, { from: at, to: at, hasEnded: false }]);
    else if (isOpen) last.hasEnded = true;
  };
  const ask = async (environment: string, repository: string, images: readonly Watched[]) => {
    const place = `${environment}/${repository}`;
    const tags = new Set(await registry.listTags(place));
    const served = new Set<Digest>();
    for (const { tag, digest } of images) {
      // A list says less than the thing itself: what must not be there is asked for by its digest too.
      const byDigest = fenced.includes(digest) && (await registry.resolve(place, digest)) !== undefined;
      if (tags.has(tag) || byDigest) served.add(digest);
    }
    return { environment, served };
  };
  /** One time for all environments: later ones are asked first, so that what is in one must be found in those before it. */
  const look = async (repository: string, images: readonly Watched[]) => {
    const at = Date.now();
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (const environment of environments.toReversed()) answers.push(await ask(environment, repository, images));
    for (const { environment, served } of answers)
      for (const { digest } of images) note(environment, digest, served.has(digest), at);
  };
  const running = (async () => {
    while (!isStopped) {
      for (const [repository, images] of repositories)
        await look(repository, images).then(
          () => (looks.answered += 1),
          () => (looks.unanswered += 1),
        );
      await delay(LOOK_EVERY_MS);
    }
  })();
  return {
    stays: (environment, digest) => seen.get(`${environment} ${digest}`) ?? [],
    looks,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
