import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Descriptor,
  indexSchema,
  isIndexType,
  isManifestType,
  manifestSchema,
} from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { readLayout } from './read-layout.ts';

/**
 * Pushes everything the layout's one manifest reaches, by digest, blobs before what names them. Gives no tag: that comes when
 * the evidence is there. Returns the top descriptor. Throws BuildError OUTPUT_INVALID, RegistryError.
 */
export async function pushLayout(registry: Registry, repository: string, layout: string): Promise<Descriptor> {
  const top = await readLayout(layout, layout);
  await push(registry, repository, layout, top);
  return top;
}

async function push(registry: Registry, repository: string, layout: string, descriptor: Descriptor): Promise<void> {
  const file = path.join(layout, 'blobs', 'sha256', digestHex(descriptor.digest));
  if (!isManifestType(descriptor.mediaType)) {
    if (await registry.hasBlob(repository, descriptor.digest)) return;
    await registry.putBlob(repository, descriptor, async () => createReadStream(file));
    return;
  }
  const bytes = await readFile(file);
  const content: unknown = JSON.parse(bytes.toString('utf8'));
  const parts = isIndexType(descriptor.mediaType)
    ? indexSchema.parse(content).manifests
    : [manifestSchema.parse(content).config, ...manifestSchema.parse(content).layers];
  for (const part of parts) await push(registry, repository, layout, part);
  await registry.putManifest(repository, descriptor.digest, bytes, descriptor.mediaType);
}
