/**
 * A feed at an address, asked for what changed since it was brought in last. Either one zip (`….zip`), or a folder in the layout
 * that OSV publishes: `all.zip`, `modified_id.csv`, `<ID>.json`. A few records that changed are fetched one by one; the whole zip
 * where there are many, or where it is not known what is there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import { AdvisoryError } from './advisory-error.ts';
import { conditionalGet, type FetchOptions, placeOf, saveTo } from './conditional-get.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';
import { type ModifiedList, readModifiedList } from './modified-list.ts';
import { readZipFeed } from './read-zip-feed.ts';

export type OpenedFeed =
  | { readonly kind: 'unchanged'; readonly state: FeedState }
  | {
      readonly kind: 'changed';
      /** Throws an AdvisoryError where the feed can not be read to its end. */
      readonly items: AsyncGenerator<FeedItem>;
      /** To keep with the records, once all items were read. */
      readonly state: () => FeedState;
    };

/** Records that are fetched one by one; of more the zip is. */
const MOST_SINGLE = 500;
/** At once. */
const CONCURRENCY = 8;
/** Of a list; npm's has 250,000 lines of 50 bytes. */
const LIST_BYTES = 512 * 1024 * 1024;
/** Longest one feed may take, in milliseconds. */
const TIMEOUT = 15 * 60_000;

/** `known`: what was kept of the last time; without it everything is fetched. Throws an AdvisoryError where there is no feed. */
export async function openFeed(
  address: string,
  known: FeedState | undefined,
  options: FetchOptions,
): Promise<OpenedFeed> {
  const limited = { ...options, signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT)]) };
  const archive = archiveOf(address);
  if (path.posix.basename(new URL(archive).pathname) !== 'all.zip')
    return openArchive(archive, known, { newest: undefined, state: {} }, limited);
  const now = new Date().toISOString();
  // Kept by a version of before, of a record that is of a time yet to come: what changed since it was kept is not known.
  const isAhead = known?.through !== undefined && known.through > now;
  const listed = isAhead ? undefined : known?.list;
  const list = await conditionalGet(beside(archive, 'modified_id.csv'), listed, LIST_BYTES, limited);
  switch (list.kind) {
    case 'unchanged':
      return { kind: 'unchanged', state: known ?? {} };
    case 'missing':
      return openArchive(archive, known, { newest: undefined, state: {} }, limited);
    case 'content': {
      const place = placeOf(beside(archive, 'modified_id.csv'));
      const since = isAhead ? undefined : known?.through;
      const read = await readModifiedList(list.bytes, { since, now, most: MOST_SINGLE, place });
      const state = { list: list.validators };
      if (read.isCut) return openArchive(archive, undefined, { newest: read.newest, state }, limited);
      if (read.changed.size === 0) return { kind: 'unchanged', state: { ...known, ...state } };
      return openChanges(archive, read, { ...known, ...state }, limited);
    }
  }
}

/** A folder's address stands for the zip in it. */
function archiveOf(address: string): string {
  const url = new URL(address);
  if (!/\.zip$/i.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/$/, '')}/all.zip`;
  return url.href;
}

function beside(archive: string, name: string): string {
  const url = new URL(archive);
  url.pathname = `${url.pathname.slice(0, url.pathname.lastIndexOf('/'))}/${encodeURIComponent(name)}`;
  return url.href;
}

async function openArchive(
  archive: string,
  known: FeedState | undefined,
  list: { readonly newest: string | undefined; readonly state: FeedState },
  options: FetchOptions,
): Promise<OpenedFeed> {
  const fetched = await conditionalGet(archive, known?.archive, feedLimits.archiveBytes, options);
  if (fetched.kind === 'unchanged') return { kind: 'unchanged', state: known ?? {} };
  if (fetched.kind === 'missing')
    throw new AdvisoryError(
      'FEED_NOT_FOUND',
      `${placeOf(archive)}: answered ${fetched.status}; expected a zip of OSV records`,
    );
  const now = new Date().toISOString();
  let newest = '';
  async function* items(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pratique-feed-'));
    try {
      const file = path.join(folder, 'all.zip');
      await saveTo(file, bytes, placeOf(archive), options.signal);
      for await (const item of readZipFeed(file)) {
        if (item.kind === 'record' && item.record.modified > newest && item.record.modified <= now)
          newest = item.record.modified;
        yield item;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return {
    kind: 'changed',
    items: items(fetched.bytes),
    state: () => ({
      // A list that may be newer than the zip is read again next time, changed or not: it names what the zip has not.
      ...(isBehind(newest, list.newest) ? {} : list.state),
      archive: fetched.validators,
      // The list may be newer than the zip, or the other way round: what the zip has not is asked for next time.
      ...(list.newest === undefined || newest === '' ? {} : { through: newest < list.newest ? newest : list.newest }),
    }),
  };
}

function openChanges(
  archive: string,
  { newest, changed }: ModifiedList,
  state: FeedState,
  options: FetchOptions,
): OpenedFeed {
  async function* items(): AsyncGenerator<FeedItem> {
    const wanted = [...changed];
    for (let at = 0; at < wanted.length; at += CONCURRENCY)
      yield* await Promise.all(
        wanted.slice(at, at + CONCURRENCY).map(([id, modified]) => fetchRecord(archive, id, modified, options)),
      );
  }
  return {
    kind: 'changed',
    items: items(),
    state: () => ({ ...state, ...(newest === undefined ? {} : { through: newest }) }),
  };
}

/** To the second: not everybody writes fractions. */
const secondOf = (time: string) => time.slice(0, 19);

/** Whether a zip whose newest record is of `newest` may lack something of the list; within a second, nobody can say. */
const isBehind = (newest: string, listed: string | undefined): boolean =>
  listed !== undefined && newest !== listed && secondOf(newest) <= secondOf(listed);

async function fetchRecord(archive: string, id: string, modified: string, options: FetchOptions): Promise<FeedItem> {
  const url = beside(archive, `${id}.json`);
  const place = placeOf(url);
  const fetched = await conditionalGet(url, undefined, feedLimits.recordBytes, options);
  if (fetched.kind !== 'content')
    throw new AdvisoryError(
      'FEED_UNREADABLE',
      `${place}: the list of changes names it, and it is not there; try again`,
    );
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.bytes) chunks.push(chunk);
  const item = decodeRecord(place, Buffer.concat(chunks));
  if (item.kind === 'rejected') return item;
  if (item.record.id !== id)
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: holds another record; nothing was brought in`);
  if (secondOf(item.record.modified) < secondOf(modified))
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: is older than the list of changes says; try again`);
  return item;
}
