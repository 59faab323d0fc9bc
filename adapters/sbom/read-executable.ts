import { open } from 'node:fs/promises';
import type { BinaryCataloger } from '../../domain/catalog/binary-cataloger.ts';
import type { FileFacts } from '../../domain/catalog/layer-findings.ts';
import { type BinaryFile, BinaryReader } from './binary-reader.ts';

const CHUNK_BYTES = 1024 * 1024;
/** Enough to see that a file is no executable. */
const FIRST_BYTES = 4096;

/** What the binary catalogers say of a file on disk; `undefined` where it says nothing. Throws errors of the system. */
export async function readExecutable(
  place: string,
  file: BinaryFile,
  catalogers: readonly BinaryCataloger[],
): Promise<FileFacts | undefined> {
  let told: FileFacts | undefined;
  const reader = new BinaryReader(file, catalogers, (facts) => {
    told = facts;
  });
  const handle = await open(place);
  try {
    let buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, file.size));
    for (let at = 0; at < file.size; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, file.size - at), at);
      // A file that became shorter is what it is now.
      if (bytesRead === 0) break;
      at += bytesRead;
      if (!reader.data(buffer.subarray(0, bytesRead))) return told;
      if (buffer.length < CHUNK_BYTES) buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    }
    reader.end();
    return told;
  } finally {
    await handle.close();
  }
}
