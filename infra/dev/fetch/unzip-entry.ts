import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';

/** Writes one entry of a zip file to `target` with `mode`. Throws when the archive has no such entry. */
export async function unzipEntry(zip: string, entryName: string, target: string, mode: number): Promise<void> {
  const archive = await yauzl.openPromise(zip, { lazyEntries: true });
  try {
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName !== entryName) continue;
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target, { mode }));
      return;
    }
  } finally {
    archive.close();
  }
  throw new Error(`${zip} holds no ${entryName}`);
}
