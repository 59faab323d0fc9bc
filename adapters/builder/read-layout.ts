/** Reading the OCI image layout a recipe left (image-layout.md of the image specification 1.1): hostile until proven otherwise. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type Descriptor, isManifestType } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { BuildError } from '../../domain/building/builder.ts';
import { type ImageLayout, openLayout } from '../oci/layout.ts';

/** Blobs in one layout, and how deep indexes may nest. */
const MAX_BLOBS = 5000;
const MAX_DEPTH = 3;
/** Of all blobs together, as their descriptors say: holes in files cost a recipe nothing, and us the reading. */
const MAX_BYTES = 16 * 1024 ** 3;

/**
 * Checks a layout: version, exactly one top manifest, and every blob it reaches present with the right size and digest, in
 * regular files below `boundary`. Returns the top descriptor. Throws BuildError OUTPUT_INVALID, which names the place.
 */
export async function readLayout(layout: string, boundary: string): Promise<Descriptor> {
  const root = await realpath(layout).catch(() => {
    throw invalid('the recipe left no such folder: is "output" in the recipe right?');
  });
  const limit = await realpath(boundary);
  if (root !== limit && !root.startsWith(`${limit}${path.sep}`)) throw invalid('it leads out of the workspace');
  try {
    const image = await openLayout(root);
    const [top, ...others] = image.roots;
    if (top === undefined || others.length > 0)
      throw invalid(`index.json: it must list exactly one manifest or index, not ${image.roots.length}`);
    if (!isManifestType(top.mediaType))
      throw invalid(`index.json: media type ${JSON.stringify(top.mediaType)} is no manifest or index`);
    await checkBlob(image, 'index.json manifests.0', top, { seen: new Set(), size: { total: 0 }, depth: 0 });
    return top;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    // Paths of the workspace mean nothing to whoever wrote the recipe.
    throw invalid(error.message.replaceAll(root, 'output'), error);
  }
}

interface Walk {
  readonly seen: Set<Digest>;
  /** Bytes so far. */
  readonly size: { total: number };
  readonly depth: number;
}

async function checkBlob(image: ImageLayout, place: string, descriptor: Descriptor, walk: Walk): Promise<void> {
  if (walk.seen.has(descriptor.digest)) return;
  walk.seen.add(descriptor.digest);
  if (walk.seen.size > MAX_BLOBS) throw invalid(`${place}: more than ${MAX_BLOBS} blobs`);
  walk.size.total += descriptor.size;
  if (walk.size.total > MAX_BYTES) throw invalid(`${place}: the blobs have more than ${MAX_BYTES} bytes together`);
  if (isManifestType(descriptor.mediaType)) return checkManifest(image, place, descriptor, walk);
  try {
    // The stream fails at its end where size or digest differ.
    for await (const _ of await image.getBlob('', descriptor));
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new RegistryError(error.code, `${place}: ${error.message}`, { cause: error });
  }
}

async function checkManifest(image: ImageLayout, place: string, descriptor: Descriptor, walk: Walk): Promise<void> {
  if (walk.depth >= MAX_DEPTH) throw invalid(`${place}: indexes nest deeper than ${MAX_DEPTH}`);
  const stored = await image.getManifest('', descriptor.digest);
  if (stored === undefined) throw invalid(`${place}: it has no ${descriptor.digest}`);
  const { size, mediaType } = stored.descriptor;
  if (size !== descriptor.size) throw invalid(`${place}: ${descriptor.size} bytes are named, and there are ${size}`);
  if (mediaType !== descriptor.mediaType)
    throw invalid(`${place}: it is named a ${descriptor.mediaType} and is a ${mediaType}`);
  const below = { ...walk, depth: walk.depth + 1 };
  const parts =
    stored.content.kind === 'index'
      ? stored.content.index.manifests.map((child, at) => [`manifests.${at}`, child] as const)
      : [
          ['config', stored.content.manifest.config] as const,
          ...stored.content.manifest.layers.map((layer, at) => [`layers.${at}`, layer] as const),
        ];
  for (const [name, part] of parts) await checkBlob(image, `${descriptor.digest} ${name}`, part, below);
}

function invalid(why: string, cause?: unknown): BuildError {
  return new BuildError('OUTPUT_INVALID', `the OCI image layout the recipe left cannot be used: ${why}`, { cause });
}
