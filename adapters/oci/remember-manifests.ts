import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import type { Registry, StoredManifest } from '../../domain/artifact/registry.ts';

/** Of all remembered manifests together; most have one or two KiB. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A registry for copying from: a manifest that was read once, from whichever repository, is not asked for again, as its digest
 * says all about its bytes. Says nothing about where a manifest is now: only `resolve` and the lists do, which are not remembered.
 */
export function rememberManifests(registry: Registry): Registry {
  const known = new Map<Digest, StoredManifest>();
  let bytes = 0;
  const remember = (stored: StoredManifest): void => {
    const { digest, size } = stored.descriptor;
    if (known.has(digest) || size > MAX_BYTES) return;
    known.set(digest, stored);
    bytes += size;
    for (const [oldest, { descriptor }] of known) {
      if (bytes <= MAX_BYTES) break;
      known.delete(oldest);
      bytes -= descriptor.size;
    }
  };
  return {
    ...registry,
    async getManifest(repository, reference) {
      const remembered = isDigest(reference) ? known.get(reference) : undefined;
      if (remembered !== undefined) return remembered;
      const stored = await registry.getManifest(repository, reference);
      if (stored !== undefined) remember(stored);
      return stored;
    },
  };
}
