/** Looks at what the environments' repositories serve, in the registry itself, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';

export interface Sighting {
  readonly environment: string;
  readonly digest: Digest;
  /** Milliseconds since the epoch: before the question was asked, so that it is never later than what was seen. */
  readonly at: number;
}

export interface RegistryObserver {
  /** Every time one of the watched digests was served, by digest or by its tag. */
  readonly sightings: readonly Sighting[];
  stop(): Promise<void>;
}

interface Watched {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

const LOOK_EVERY_MS = 250;

export function observeRegistry(
  registry: Pick<RegistryReader, 'resolve'>,
  environments: readonly string[],
  watched: readonly Watched[],
): RegistryObserver {
  const sightings: Sighting[] = [];
  let isStopped = false;
  const look = async (environment: string, { repository, tag, digest }: Watched) => {
    const at = Date.now();
    const place = `${environment}/${repository}`;
    const [byDigest, byTag] = await Promise.all([registry.resolve(place, digest), registry.resolve(place, tag)]);
    if (byDigest !== undefined || byTag?.digest === digest) sightings.push({ environment, digest, at });
  };
  const running = (async () => {
    while (!isStopped) {
      for (const environment of environments) for (const each of watched) await look(environment, each);
      await delay(LOOK_EVERY_MS);
    }
  })();
  return {
    sightings,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
