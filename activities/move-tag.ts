import { type Registry, RegistryError, type StoredManifest } from '../domain/artifact/registry.ts';

/** Tags are written with the manifest's bytes; success is what the registry says when read back. */
export async function moveTag(
  registry: Registry,
  repository: string,
  tag: string,
  stored: StoredManifest,
): Promise<void> {
  const { digest, mediaType } = stored.descriptor;
  await registry.putManifest(repository, tag, stored.bytes, mediaType);
  const seen = await registry.resolve(repository, tag);
  if (seen?.digest !== digest)
    throw new RegistryError(
      'REGISTRY_UNAVAILABLE',
      `${repository}:${tag} names ${seen?.digest ?? 'nothing'} after it was moved to ${digest}`,
    );
}
