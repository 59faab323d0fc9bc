/** Copies an artifact by digest between repositories of one registry: blobs, children, then the manifest; no tag. */

import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Confirm, type Registry, RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { lookBeforeWriting } from './look-before-writing.ts';

export interface CopyRoute {
  readonly from: string;
  readonly to: string;
  readonly digest: Digest;
  /** Called at every blob and manifest: a sign of life. */
  readonly progress?: (place: string) => void;
  /** Called with manifests that are not there, before they are written: whatever ends this process, they are known. */
  readonly onCreate?: (manifests: readonly Digest[]) => Promise<void>;
  /** `later`: the caller reads the artifact's own manifest back. What it is made of is read back here all the same. */
  readonly confirm?: Confirm;
}

/** Index within index, at most. */
const MAX_DEPTH = 4;

/** The copy is read back by digest before it counts (`confirm`). */
export async function copyArtifact(registry: Registry, route: CopyRoute): Promise<void> {
  await copyManifest(registry, route, route.digest, 0);
}

async function copyManifest(registry: Registry, route: CopyRoute, digest: Digest, depth: number): Promise<void> {
  if (depth > MAX_DEPTH)
    throw new RegistryError(
      'REGISTRY_BAD_MANIFEST',
      `${route.from}@${route.digest}: indexes nested deeper than ${MAX_DEPTH}`,
    );
  const stored = await registry.getManifest(route.from, digest);
  if (stored === undefined)
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${route.from}@${digest} is gone: it can not be copied to ${route.to}`,
    );
  if (stored.content.kind === 'index')
    for (const child of stored.content.index.manifests) await copyManifest(registry, route, child.digest, depth + 1);
  else for (const blob of blobsOf(stored)) await copyBlob(registry, route, blob);
  route.progress?.(digest);
  if ((await lookBeforeWriting(registry).resolve(route.to, digest)) !== undefined) return;
  await route.onCreate?.([digest]);
  await reach('copy.planned', `${route.to}@${digest}`);
  await registry.putManifest(route.to, digest, stored.bytes, stored.descriptor.mediaType);
  await reach('copy.written', `${route.to}@${digest}`);
  if (depth === 0 && route.confirm === 'later') return;
  const seen = await registry.resolve(route.to, digest);
  if (seen?.digest !== digest)
    throw new RegistryError('REGISTRY_UNAVAILABLE', `${route.to}@${digest} is not there when read back`);
}

function blobsOf({ content }: StoredManifest): Descriptor[] {
  if (content.kind === 'index') return [];
  const unique = new Map([content.manifest.config, ...content.manifest.layers].map((blob) => [blob.digest, blob]));
  return [...unique.values()];
}

async function copyBlob(registry: Registry, { from, to, progress }: CopyRoute, blob: Descriptor): Promise<void> {
  progress?.(blob.digest);
  if (await registry.mountBlob(to, from, blob.digest)) return;
  if (await lookBeforeWriting(registry).hasBlob(to, blob.digest)) return;
  await registry.putBlob(to, blob, () => registry.getBlob(from, blob));
}
