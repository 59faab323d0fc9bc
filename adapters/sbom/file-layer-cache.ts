/** Findings of layers in a folder of the user's, so that a base image is read once. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { LayerCache, LayerCacheKey } from '../../domain/catalog/layer-cache.ts';
import { layerFindingsSchema } from '../../domain/catalog/layer-findings.ts';

/**
 * A folder that can not be written, or an entry that is damaged, is as good as no cache: the layer is read again.
 * Who can write to the folder can change what is found: it belongs to the user alone (mode 0700).
 */
export function createFileLayerCache(folder: string): LayerCache {
  return {
    async get(key) {
      try {
        const parsed = layerFindingsSchema.safeParse(JSON.parse(await readFile(fileOf(folder, key), 'utf8')));
        return parsed.success && parsed.data.diffId === key.diffId ? parsed.data : undefined;
      } catch {
        return undefined;
      }
    },
    async put(key, findings) {
      const file = fileOf(folder, key);
      const draft = `${file}.${randomUUID()}`;
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(draft, JSON.stringify(findings), { mode: 0o600 });
        await rename(draft, file);
      } catch {
        // Read-only home folders are common in CI.
      }
    },
  };
}

function fileOf(folder: string, { blob, diffId, catalogVersion, limits }: LayerCacheKey): string {
  return path.join(folder, `${catalogVersion}-${limits}`, `${digestHex(blob)}-${digestHex(diffId)}.json`);
}
