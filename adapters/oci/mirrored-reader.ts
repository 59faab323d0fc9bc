import { isDigest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import type { RegistryPlace } from './registries-conf.ts';

type Reader = Pick<RegistryReader, 'getManifest' | 'getBlob' | 'getBlobBytes'>;

export interface ReaderPlace extends RegistryPlace {
  readonly reader: Reader;
}

/**
 * Reads one repository from the first place that has it, the last of which is the registry itself: what that says, holds.
 * Whatever comes by digest is checked by digest, wherever it comes from; which digest a tag stands for is the mirror's word.
 */
export function createMirroredReader(places: readonly ReaderPlace[]): Reader {
  const origin = places.at(-1);
  if (origin === undefined) throw new RangeError('no place to read from');
  const firstOf = async <T>(
    use: 'digest-only' | 'tag-only',
    read: (place: ReaderPlace) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    for (const place of places) {
      if (place === origin) break;
      if (place.use !== 'all' && place.use !== use) continue;
      try {
        const found = await read(place);
        if (found !== undefined) return found;
      } catch (error) {
        // A mirror that is away, refuses us or lies costs time: the next is asked.
        if (!(error instanceof RegistryError)) throw error;
      }
    }
    return read(origin);
  };
  const byDigest = async <T>(read: (place: ReaderPlace) => Promise<T>): Promise<T> => {
    const found = await firstOf('digest-only', read);
    return found as T;
  };
  return {
    getManifest: (_repository, reference) =>
      firstOf(isDigest(reference) ? 'digest-only' : 'tag-only', (place) =>
        place.reader.getManifest(place.repository, reference),
      ),
    getBlob: (_repository, blob, options) => byDigest((place) => place.reader.getBlob(place.repository, blob, options)),
    getBlobBytes: (_repository, blob, maxBytes) =>
      byDigest((place) => place.reader.getBlobBytes(place.repository, blob, maxBytes)),
  };
}
