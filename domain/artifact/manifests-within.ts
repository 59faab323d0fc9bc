/** What an index holds, as the registry has it: an index may list indexes, and what a descriptor calls its target proves nothing. */
import type { Digest } from './digest.ts';
import { isRegistryAway, type RegistryReader, type StoredManifest } from './registry.ts';

export interface ManifestWithin {
  readonly digest: Digest;
  readonly isThere: boolean;
}

/**
 * Every manifest inside, at any depth, each once, outer ones first. One that can not be read as a manifest is there and holds
 * nothing. Throws a RegistryError where the registry is away or refuses.
 */
export async function manifestsWithin(
  registry: Pick<RegistryReader, 'getManifest'>,
  repository: string,
  root: StoredManifest,
): Promise<readonly ManifestWithin[]> {
  const found = new Map<Digest, ManifestWithin>();
  const indexes = [root];
  for (const { content } of indexes) {
    if (content.kind !== 'index') continue;
    for (const { digest } of content.index.manifests) {
      if (found.has(digest)) continue;
      const stored = await readManifest(registry, repository, digest);
      found.set(digest, { digest, isThere: stored !== undefined });
      if (stored !== undefined && stored !== 'unreadable') indexes.push(stored);
    }
  }
  return [...found.values()];
}

async function readManifest(registry: Pick<RegistryReader, 'getManifest'>, repository: string, digest: Digest) {
  try {
    return await registry.getManifest(repository, digest);
  } catch (error) {
    if (isRegistryAway(error)) throw error;
    return 'unreadable';
  }
}
