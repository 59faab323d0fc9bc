import { type Descriptor, isManifestType } from '../../domain/artifact/descriptor.ts';
import { type Registry, RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import { type ImageLayout, openLayout } from '../oci/layout.ts';
import { lookBeforeWriting } from '../oci/look-before-writing.ts';

/** What pushing takes of a registry. */
type PushTarget = Pick<Registry, 'resolve' | 'hasBlob' | 'listReferrers' | 'putBlob' | 'putManifest'>;

/**
 * Pushes everything the layout's one image or index reaches, by digest, blobs before what names them. Gives no tag: that comes
 * when the evidence is there. Returns the top manifest. Throws a RegistryError, also where the layout is not as its digests say.
 */
export async function pushLayout(registry: PushTarget, repository: string, folder: string): Promise<StoredManifest> {
  const layout = await openLayout(folder);
  const [top, ...others] = layout.roots;
  if (top === undefined || others.length > 0)
    throw new RegistryError('REGISTRY_BAD_MANIFEST', `${folder}: ${layout.roots.length} images where one is pushed`);
  return pushManifest(registry, repository, layout, top);
}

async function pushManifest(
  registry: PushTarget,
  repository: string,
  layout: ImageLayout,
  descriptor: Descriptor,
): Promise<StoredManifest> {
  const stored = await layout.getManifest(repository, descriptor.digest);
  if (stored === undefined)
    throw new RegistryError('REGISTRY_BAD_MANIFEST', `the layout to push to ${repository} has no ${descriptor.digest}`);
  const { content } = stored;
  const parts =
    content.kind === 'index' ? content.index.manifests : [content.manifest.config, ...content.manifest.layers];
  for (const part of parts)
    if (isManifestType(part.mediaType)) await pushManifest(registry, repository, layout, part);
    else if (!(await lookBeforeWriting(registry).hasBlob(repository, part.digest)))
      await registry.putBlob(repository, part, () => layout.getBlob(repository, part));
  await registry.putManifest(repository, descriptor.digest, stored.bytes, stored.descriptor.mediaType);
  return stored;
}
