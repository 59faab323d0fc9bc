import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import type { RegistryReader, RegistryWriter, StoredManifest } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';
import { parseManifest } from './parse-manifest.ts';
import { placeName } from './place.ts';

/** Of all remembered manifests together; most have one or two KiB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Manifests by their digest, which says all about their bytes; nothing about where they are. */
export interface ManifestMemory {
  recall(digest: Digest): StoredManifest | undefined;
  remember(stored: StoredManifest): void;
}

export function createManifestMemory(): ManifestMemory {
  const known = new Map<Digest, StoredManifest>();
  let bytes = 0;
  return {
    recall: (digest) => known.get(digest),
    remember(stored) {
      const { digest, size } = stored.descriptor;
      if (known.has(digest) || size > MAX_BYTES) return;
      known.set(digest, stored);
      bytes += size;
      for (const [oldest, { descriptor }] of known) {
        if (bytes <= MAX_BYTES) break;
        known.delete(oldest);
        bytes -= descriptor.size;
      }
    },
  };
}

type Reader = Pick<RegistryReader, 'getManifest'> & Partial<Pick<RegistryWriter, 'attachReferrers'>>;

/**
 * A registry for reading what is in a manifest: one that was read once, from whichever repository, is not asked for again. Says
 * nothing about where a manifest is now: only `resolve` and the lists do, which are not remembered.
 */
export function rememberManifests<R extends Reader>(registry: R, memory = createManifestMemory()): R {
  const asking = noteManifests(registry, memory);
  return {
    ...asking,
    async getManifest(repository, reference) {
      const remembered = isDigest(reference) ? memory.recall(reference) : undefined;
      return remembered ?? asking.getManifest(repository, reference);
    },
  };
}

/** A registry that is asked every time, for who must know what is there now; what it answers, and what is attached, is remembered for others. */
export function noteManifests<R extends Reader>(registry: R, memory: ManifestMemory): R {
  const { attachReferrers } = registry;
  return {
    ...registry,
    async getManifest(repository, reference) {
      const stored = await registry.getManifest(repository, reference);
      if (stored !== undefined) memory.remember(stored);
      return stored;
    },
    ...(attachReferrers === undefined
      ? {}
      : {
          async attachReferrers(...[repository, subject, manifests, confirm]: Parameters<typeof attachReferrers>) {
            const attached = await attachReferrers(repository, subject, manifests, confirm);
            for (const { bytes, mediaType } of manifests) {
              const digest = sha256(bytes);
              memory.remember(parseManifest(bytes, mediaType, digest, placeName(repository, digest)));
            }
            return attached;
          },
        }),
  };
}
