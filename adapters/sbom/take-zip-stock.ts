/** Stock of a zip archive on disk: a wheel, a release, a serverless function. */
import { readFile, stat } from 'node:fs/promises';
import { binaryCatalogers, catalogerFor } from '../../domain/catalog/catalogers.ts';
import { composeStock } from '../../domain/catalog/compose-stock.ts';
import type { LayerFindings } from '../../domain/catalog/layer-findings.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import { entryPath } from '../archive/entry-path.ts';
import { readZip, type ZipEntry } from '../archive/read-zip.ts';
import type { ZipRecord } from '../archive/zip-directory.ts';
import { LayerCollector } from './layer-collector.ts';
import { looksExecutable } from './looks-executable.ts';

const MEBIBYTE = 1024 * 1024;
/** It is read into memory, and so is one entry after the other. */
const MAX_BYTES = 256 * MEBIBYTE;
/** Of all wanted entries together, one after the other. */
const MAX_UNPACKED_BYTES = 4096 * MEBIBYTE;
/** Zip files made on other systems have no permissions: what has the name of a program may be one. */
const MODE = 0o755;

/** Damage is in the stock, which is incomplete then. Throws an ArchiveError (ARCHIVE_UNSUPPORTED) for one that is too large. */
export async function takeZipStock(file: string, limits: ArchiveLimits = defaultLimits): Promise<Stock> {
  const { size } = await stat(file);
  if (size > MAX_BYTES)
    throw new ArchiveError(
      'ARCHIVE_UNSUPPORTED',
      `a zip file of ${size} bytes: at most ${MAX_BYTES} are read. Unpack it, and name the folder`,
    );
  return composeStock([scanZip(await readFile(file), limits)], { root: '' });
}

function scanZip(bytes: Uint8Array, limits: ArchiveLimits): LayerFindings {
  const collector = new LayerCollector(limits, { catalogerFor, binaries: binaryCatalogers });
  let failure: LayerFindings['failure'];
  const tell = ({ code, message: reason }: ArchiveError): void => {
    failure ??= { code, reason };
  };
  const budget = { entries: limits.maxEntries, bytes: MAX_UNPACKED_BYTES };
  const isWanted = (name: string, record: ZipRecord) => wants(collector, entryPath(name, limits.maxPathLength), record);
  try {
    for (const entry of readZip(bytes, isWanted, budget, tell)) give(collector, entry, limits);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    tell(error);
  }
  return { ...collector.findings(), ...(failure === undefined ? {} : { failure }) };
}

function wants(collector: LayerCollector, path: string, { name, size }: ZipRecord): boolean {
  if (path === '') return false;
  if (name.endsWith('/')) {
    collector.directory(path);
    return false;
  }
  const most = collector.wants(path) ?? (looksExecutable(path) && size > 0 ? MAX_BYTES : undefined);
  if (most === undefined || size <= most) return most !== undefined;
  collector.unreadable(path, `${size} bytes: at most ${most} are read`);
  return false;
}

function give(collector: LayerCollector, { name, bytes }: ZipEntry, { maxPathLength }: ArchiveLimits): void {
  const path = entryPath(name, maxPathLength);
  if (collector.wants(path) !== undefined) {
    collector.file(path, bytes);
    return;
  }
  const reader = collector.other(path, bytes.length, MODE);
  if (reader?.data(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) === true) reader.end();
}
