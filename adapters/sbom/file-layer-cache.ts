/** Findings of layers in a folder of the user's, so that a base image is read once. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { LayerCache, LayerCacheKey } from '../../domain/catalog/layer-cache.ts';
import type { LayerFindings } from '../../domain/catalog/layer-findings.ts';

const HASH_BYTES = 32;
const MAX_FINDINGS_BYTES = 1024 * 1024 * 1024;

/**
 * A file an entry: the SHA-256 of what follows it, which is the findings as JSON, compressed by zstd. The hash tells a damaged
 * entry; the version of the catalog in the file's path tells one of another shape.
 * A folder that can not be written, or an entry that is damaged, is as good as no cache: the layer is read again.
 * Who can write to the folder can change what is found: it belongs to the user alone (mode 0700).
 */
export function createFileLayerCache(folder: string): LayerCache {
  return {
    async get(key) {
      try {
        const findings = decode(await readFile(fileOf(folder, key)));
        return findings?.diffId === key.diffId ? findings : undefined;
      } catch {
        return undefined;
      }
    },
    async put(key, findings) {
      const file = fileOf(folder, key);
      const draft = `${file}.${randomUUID()}`;
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(draft, encode(findings), { mode: 0o600 });
        await rename(draft, file);
      } catch {
        // Read-only home folders are common in CI.
      }
    },
  };
}

function encode(findings: LayerFindings): Buffer {
  const packed = zstdCompressSync(JSON.stringify(findings));
  return Buffer.concat([createHash('sha256').update(packed).digest(), packed]);
}

/** Checked by its hash and no schema: what was written is what is read, and hundreds of layers are read at once. */
function decode(bytes: Buffer): LayerFindings | undefined {
  const packed = bytes.subarray(HASH_BYTES);
  if (!createHash('sha256').update(packed).digest().equals(bytes.subarray(0, HASH_BYTES))) return undefined;
  const text = zstdDecompressSync(packed, { maxOutputLength: MAX_FINDINGS_BYTES }).toString('utf8');
  return JSON.parse(text) as LayerFindings;
}

function fileOf(folder: string, { blob, diffId, catalogVersion, limits }: LayerCacheKey): string {
  return path.join(folder, `${catalogVersion}-${limits}`, `${digestHex(blob)}-${digestHex(diffId)}`);
}
