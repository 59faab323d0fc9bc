import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Egress } from '../egress/egress.ts';
import { decodeRecord } from './decode-record.ts';
import { downloadFeed } from './download-feed.ts';
import { type FeedItem, feedLimits } from './feed.ts';
import { listFeedFiles } from './feed-files.ts';
import { readZipFeed } from './read-zip-feed.ts';

interface FeedOptions {
  readonly egress: Pick<Egress, 'send'>;
  readonly signal: AbortSignal;
}

/** The feeds of `readFeed` that are on disk. */
export async function* readFeedFiles(from: string, signal: AbortSignal): AsyncGenerator<FeedItem> {
  for (const file of await listFeedFiles(from)) {
    signal.throwIfAborted();
    if (file.path.endsWith('.zip')) yield* readZipFeed(file.path);
    else if (file.size > feedLimits.recordBytes)
      yield { kind: 'rejected', place: file.path, reason: `larger than ${feedLimits.recordBytes} bytes` };
    else yield decodeRecord(file.path, await readFile(file.path));
  }
}

/**
 * Streams the records of a feed: a folder of OSV JSON files, OSV's own layout (`<ECOSYSTEM>/all.zip`), one zip, or the
 * https address of one. Throws an AdvisoryError where there is no feed or an archive is damaged; records that can not be
 * read are items.
 */
export async function* readFeed(from: string, { egress, signal }: FeedOptions): AsyncGenerator<FeedItem> {
  if (!isAddress(from)) {
    yield* readFeedFiles(from, signal);
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-feed-'));
  try {
    const file = path.join(folder, 'all.zip');
    await downloadFeed(from, file, { egress, signal });
    yield* readZipFeed(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isAddress = (from: string) => /^https?:\/\//.test(from);

/** Gives `act` a file on disk, fetched first where `from` is an address. Throws an AdvisoryError, and what `act` throws. */
export async function withFeedFile<T>(
  from: string,
  { egress, signal }: FeedOptions,
  act: (file: string) => Promise<T>,
): Promise<T> {
  if (!isAddress(from)) {
    const [file] = await listFeedFiles(from);
    return act(file?.path ?? from);
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-feed-'));
  try {
    const file = path.join(folder, 'fetched');
    await downloadFeed(from, file, { egress, signal });
    return await act(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
