/** The feed that `advisories sync` is pointed at, part by part, and its way into the index of this user's cache. */
import path from 'node:path';
import { createEgress, type Egress } from '../../adapters/egress/egress.ts';
import { openAdvisoryIndex } from '../../adapters/osv/advisory-index.ts';
import { buildAdvisoryIndex, confirmFeed, type ImportSummary } from '../../adapters/osv/build-advisory-index.ts';
import type { FeedItem } from '../../adapters/osv/feed.ts';
import { type FeedPart, openFeedParts } from '../../adapters/osv/read-feed.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { asAdvisoryFailure, syncedIndexFile } from './open-advisories.ts';

export const isAddress = (from: string) => /^https?:\/\//.test(from);

/** An address without what may be a credential; a path as it is. */
export function printableSource(from: string): string {
  if (!isAddress(from)) return from;
  const { origin, pathname } = new URL(from);
  return `${origin}${pathname}`;
}

/** Gives `act` the way out to a feed's host, and turns what goes wrong into what users see. */
export async function withEgress<T>(
  from: string,
  io: CliIo,
  act: (source: string, egress: Egress) => Promise<T>,
): Promise<T> {
  const remote = isAddress(from);
  const source = remote ? from : path.resolve(io.cwd, from);
  const egress = createEgress({ configuredHosts: remote ? [new URL(from).host] : [], allowPublicHosts: true });
  try {
    return await act(source, egress);
  } catch (error) {
    throw asAdvisoryFailure(error);
  } finally {
    await egress.close();
  }
}

/** A feed without a record is refused before it takes the place of what is in force. */
export async function* requireRecords(items: AsyncIterable<FeedItem>, from: string): AsyncGenerator<FeedItem> {
  let rejected: Extract<FeedItem, { kind: 'rejected' }> | undefined;
  let records = 0;
  for await (const item of items) {
    if (item.kind === 'record') records++;
    else rejected ??= item;
    yield item;
  }
  if (records > 0) return;
  const example = rejected === undefined ? '' : `, for example ${rejected.place}: ${rejected.reason}`;
  throw new CliError(
    exitCodes.infrastructure,
    'FEED_EMPTY',
    `${printableSource(from)}: no record could be read${example}`,
  );
}

/** One that fails keeps none of the others; the first failure is thrown after the last part. */
export function withFeedParts(from: string, io: CliIo, take: (part: FeedPart) => Promise<void>): Promise<void> {
  return withEgress(from, io, async (source, egress) => {
    const failures: unknown[] = [];
    for (const part of await openFeedParts(source, { egress, signal: io.signal })) {
      io.signal.throwIfAborted();
      await take(part).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  });
}

/** Of all parts together. */
export interface SyncSummary extends ImportSummary {
  /** Parts that had nothing new. */
  readonly notModified: number;
}

/** Records into the index of this user's cache: of an address what changed since the last time. */
export async function syncToCache(from: string, io: CliIo): Promise<SyncSummary> {
  const file = syncedIndexFile(io);
  const at = (io.now?.() ?? new Date()).toISOString();
  let sum: SyncSummary = { added: 0, updated: 0, unchanged: 0, rejected: { count: 0, first: [] }, notModified: 0 };
  await withFeedParts(from, io, async (part) => {
    const address = printableSource(part.from);
    const opened = await part.open(isAddress(from) ? knownState(file, address) : undefined);
    if (opened.kind === 'unchanged') {
      confirmFeed(file, address, opened.state, at);
      sum = { ...sum, notModified: sum.notModified + 1 };
      return;
    }
    const feed = isAddress(from) ? { feed: { address, state: opened.state } } : {};
    const items = requireRecords(opened.items, part.from);
    const { ecosystems } = part;
    const build = { items, source: address, syncedAt: at, fingerprint: '', ecosystems, ...feed };
    const { added, updated, unchanged, rejected } = await buildAdvisoryIndex(file, build, { onto: true });
    sum = {
      ...{ added: sum.added + added, updated: sum.updated + updated, unchanged: sum.unchanged + unchanged },
      rejected: {
        count: sum.rejected.count + rejected.count,
        first: [...sum.rejected.first, ...rejected.first],
      },
      notModified: sum.notModified,
    };
  });
  return sum;
}

/** Undefined, and everything is fetched, where there is no index that can be read. */
function knownState(file: string, address: string): FeedState | undefined {
  try {
    using index = openAdvisoryIndex(file);
    return index.feedState(address);
  } catch {
    return undefined;
  }
}
