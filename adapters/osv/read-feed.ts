import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { feedEcosystem } from '../../domain/advisory/feed-age.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import type { Egress } from '../egress/egress.ts';
import { AdvisoryError } from './advisory-error.ts';
import { conditionalGet, placeOf, saveTo } from './conditional-get.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';
import { listFeedFiles } from './feed-files.ts';
import { listFeeds } from './list-feeds.ts';
import { type OpenedFeed, openFeed } from './open-feed.ts';
import { readZipFeed } from './read-zip-feed.ts';

/** Longest a download may take, in milliseconds. */
const TIMEOUT = 15 * 60_000;

interface FeedOptions {
  readonly egress: Pick<Egress, 'send'>;
  readonly signal: AbortSignal;
}

/** The records of a feed on disk. */
export async function* readFeedFiles(from: string, signal: AbortSignal): AsyncGenerator<FeedItem> {
  for (const file of await listFeedFiles(from)) {
    signal.throwIfAborted();
    if (file.path.endsWith('.zip')) yield* readZipFeed(file.path);
    else if (file.size > feedLimits.recordBytes)
      yield { kind: 'rejected', place: file.path, reason: `larger than ${feedLimits.recordBytes} bytes` };
    else yield decodeRecord(file.path, await readFile(file.path));
  }
}

const isAddress = (from: string) => /^https?:\/\//.test(from);

/** One part of a feed, and how to open it. */
export interface FeedPart {
  /** A path, or an address. */
  readonly from: string;
  /** Whose own feeds it holds; none where its place does not say. */
  readonly ecosystems: readonly string[];
  /** `known`: what was kept of an address the last time. */
  readonly open: (known: FeedState | undefined) => Promise<OpenedFeed>;
}

/**
 * The parts of a feed: a folder of OSV JSON files, OSV's own layout (`<ECOSYSTEM>/all.zip`), or one zip is one; the address of
 * OSV's bucket has one for each ecosystem. Throws an AdvisoryError where there is no feed, as opening and reading a part does where
 * an archive is damaged; records that can not be read are items.
 */
export async function openFeedParts(from: string, options: FeedOptions): Promise<readonly FeedPart[]> {
  if (!isAddress(from)) {
    const items = () => readFeedFiles(from, options.signal);
    const ecosystems = await feedsIn(from);
    return [{ from, ecosystems, open: async () => ({ kind: 'changed', items: items(), state: () => ({}) }) }];
  }
  const addresses = await listFeeds(from, options);
  return addresses.map((address) => {
    const ecosystem = feedEcosystem(address);
    const ecosystems = ecosystem === undefined ? [] : [ecosystem];
    return { from: address, ecosystems, open: (known) => openFeed(address, known, options) };
  });
}

/** Of a folder in OSV's layout, and of one of its zips; a file beside them makes it a feed of nobody in particular. */
async function feedsIn(from: string): Promise<readonly string[]> {
  const files = await listFeedFiles(from);
  const named = files.map(({ path: file }) => (path.basename(file) === 'all.zip' ? feedEcosystem(file) : undefined));
  return named.includes(undefined) ? [] : [...new Set(named.filter((ecosystem) => ecosystem !== undefined))];
}

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
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-feed-'));
  try {
    const file = path.join(folder, 'fetched');
    const fetched = await conditionalGet(from, undefined, feedLimits.archiveBytes, { egress, signal: limited });
    if (fetched.kind !== 'content') throw new AdvisoryError('FEED_NOT_FOUND', `${placeOf(from)}: it is not there`);
    await saveTo(file, fetched.bytes, placeOf(from), limited);
    return await act(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
