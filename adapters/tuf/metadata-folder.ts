/** What was fetched and verified, on disk: `root.json`, `timestamp.json`, `snapshot.json`, `roles/<sha256>-<version>.json`, `targets/<sha256>`, `kept.json`. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Names are ours: none is taken from what was fetched. */
export interface MetadataFolder {
  read(name: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all: whoever reads meanwhile, or after a crash, sees the one before. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

export function openMetadataFolder(folder: string): MetadataFolder {
  const place = (name: string) => path.join(folder, name);
  return {
    async read(name) {
      try {
        return await readFile(place(name));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async write(name, bytes) {
      const target = place(name);
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      const temporary = `${target}.${crypto.randomUUID()}`;
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, target);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}
