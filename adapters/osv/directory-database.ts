import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type AdvisoryIndex, INDEX_FORMAT, openAdvisoryIndex } from './advisory-index.ts';
import { buildAdvisoryIndex, buildAdvisoryIndexInMemory } from './build-advisory-index.ts';
import { listFeedFiles } from './feed-files.ts';
import { readFeedFiles } from './read-feed.ts';

interface DirectoryDatabaseOptions {
  /** A folder of OSV JSON files, of `<ECOSYSTEM>/all.zip`, or one zip. */
  readonly folder: string;
  /** Where the index is kept, so that the next scan opens it instead of reading the folder again. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
}

/** Changes whenever a file is added, removed or rewritten. */
async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update(`${INDEX_FORMAT}\n`);
  for (const file of await listFeedFiles(folder))
    hash.update(`${path.relative(folder, file.path)}\0${file.size}\0${file.modified}\n`);
  return hash.digest('hex');
}

function openCurrent(file: string, fingerprint: string): AdvisoryIndex | undefined {
  try {
    const index = openAdvisoryIndex(file);
    if (index.fingerprint === fingerprint) return index;
    index[Symbol.dispose]();
  } catch {
    // Absent, damaged or of an older format: built again from the folder, which is what counts.
  }
  return undefined;
}

const isUnwritable = (error: unknown) =>
  error instanceof Error && 'code' in error && ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR'].includes(String(error.code));

/**
 * The advisories of a folder, indexed once per state of the folder. Throws an AdvisoryError where the folder is no feed
 * or one of its archives is damaged.
 */
export async function openDirectoryDatabase(options: DirectoryDatabaseOptions): Promise<AdvisoryIndex> {
  const { folder, cacheFolder, signal } = options;
  const fingerprint = await fingerprintOf(folder);
  const place = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32);
  const file = path.join(cacheFolder, 'advisory-index', `${place}.sqlite`);
  const current = openCurrent(file, fingerprint);
  if (current !== undefined) return current;
  const build = () => ({
    items: readFeedFiles(folder, signal),
    source: folder,
    syncedAt: undefined,
    fingerprint,
  });
  try {
    await buildAdvisoryIndex(file, build(), { onto: false });
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return buildAdvisoryIndexInMemory(build());
  }
  return openAdvisoryIndex(file);
}
