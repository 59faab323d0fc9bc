import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AdvisoryError } from './advisory-error.ts';
import { feedLimits } from './feed.ts';

export interface FeedFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

async function* walk(folder: string, depth: number): AsyncGenerator<string> {
  if (depth > feedLimits.folderDepth)
    throw new AdvisoryError('FEED_TOO_LARGE', `${folder}: nested deeper than ${feedLimits.folderDepth} folders`);
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(place, depth + 1);
    else if (entry.isFile() && /\.(json|zip)$/.test(entry.name)) yield place;
  }
}

/**
 * The records and archives of a feed on disk, in a stable order: one file, or every `.json` and `.zip` under a folder
 * (the layout OSV publishes is `<ECOSYSTEM>/all.zip`). Throws an AdvisoryError where there is nothing of that kind.
 */
export async function listFeedFiles(from: string): Promise<readonly FeedFile[]> {
  const found = await stat(from).catch((cause: unknown) => {
    throw new AdvisoryError('FEED_NOT_FOUND', `${from}: no such file or folder`, { cause });
  });
  const files: FeedFile[] = [];
  for await (const place of found.isDirectory() ? walk(from, 0) : [from]) {
    const { size, mtimeMs } = await stat(place);
    files.push({ path: place, size, modified: mtimeMs });
    if (files.length > feedLimits.records)
      throw new AdvisoryError('FEED_TOO_LARGE', `${from}: more than ${feedLimits.records} files`);
  }
  if (files.length === 0)
    throw new AdvisoryError(
      'FEED_NOT_FOUND',
      `${from}: holds no .json and no .zip; expected records in the OSV format`,
    );
  return files;
}
