/** Stock of a tar archive on disk: a root file system, a backup, a release. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { composeStock } from '../../domain/catalog/compose-stock.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { defaultLimits } from '../archive/archive-limits.ts';
import { sniffCompression } from '../archive/decompress.ts';
import { readTar } from '../archive/read-tar.ts';
import { scanTar } from './scan-tar.ts';

const CHUNK_BYTES = 1024 * 1024;
const MAGIC_BYTES = 4;
/** Files at the top of an image archive (OCI image-layout.md; `docker save`): its packages are in layers inside it. */
const imageMarks = new Set(['oci-layout', 'manifest.json']);

/**
 * Throws an ArchiveError (ARCHIVE_UNSUPPORTED) for the archive of an image: read as plain files, it would look empty.
 * Damage is in the stock, which is incomplete then.
 */
export async function takeArchiveStock(file: string, options: { readonly signal?: AbortSignal } = {}): Promise<Stock> {
  const compression = sniffCompression(await readMagic(file));
  const reading = { compression, limits: defaultLimits, ...options };
  const findings = await scanTar(() => createReadStream(file, { highWaterMark: CHUNK_BYTES }), reading);
  if (findings.files.length === 0 && findings.failure === undefined && (await isImageArchive(file, reading)))
    throw new ArchiveError('ARCHIVE_UNSUPPORTED', 'the archive of an image: push it to a registry, and name it there');
  return composeStock([findings], { root: '' });
}

async function readMagic(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    return (await handle.read(new Uint8Array(MAGIC_BYTES), 0, MAGIC_BYTES, 0)).buffer;
  } finally {
    await handle.close();
  }
}

async function isImageArchive(file: string, options: Parameters<typeof readTar>[1]): Promise<boolean> {
  let marked = false;
  const ignore = (): void => undefined;
  await readTar(createReadStream(file, { highWaterMark: CHUNK_BYTES }), options, {
    wants(path) {
      marked ||= imageMarks.has(path);
      return undefined;
    },
    file: ignore,
    unreadable: ignore,
    rooted: ignore,
    directory: ignore,
    link: ignore,
    whiteout: ignore,
    opaque: ignore,
    other: () => undefined,
  });
  return marked;
}
