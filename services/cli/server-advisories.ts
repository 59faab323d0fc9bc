import type { FeedItem } from '../../adapters/osv/feed.ts';
import type { ThreatTable } from '../../domain/advisory/threat-imports.ts';
import type { AdvisoriesStatusAnswer, AdvisoriesStoredAnswer, ThreatsStoredAnswer } from './api-answers.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { cleanText } from './clean-text.ts';
import type { CliIo } from './io.ts';
import { hasServer, locateServer, type ServerFlags } from './locate-server.ts';
import { createStyle, formatTime, paintState } from './style.ts';
import { formatTable } from './text-table.ts';

export interface AdvisoryFlags extends ServerFlags {
  readonly local?: true;
  readonly json?: true;
}

const REJECTED_SHOWN = 10;
/** What can not be read before the first record; more is a feed all the same. */
const HELD = 1000;

/** The server whose advisories are meant: the one that is configured, unless `--local` asks for this machine's. */
export async function openAdvisoryServer(flags: AdvisoryFlags, io: CliIo): Promise<ApiClient | undefined> {
  if (flags.local || !(await hasServer(flags, io))) return undefined;
  return createApiClient(await locateServer(flags, io), io.signal);
}

/** What can not be read here is counted there, and listed with the epoch: by its file's name, folders are nobody's business. */
function toUnreadable({ place, reason }: Extract<FeedItem, { kind: 'rejected' }>) {
  return { unreadable: { place: (place.split('/').at(-1) || place).slice(0, 300), reason: reason.slice(0, 300) } };
}

/**
 * The feed, once it has shown a record: a source without any is a mistake of whoever names it. Sent, it would be an import of the
 * server's that failed, and an alarm until the same source comes again.
 */
async function fromFirstRecord(items: AsyncIterable<FeedItem>): Promise<AsyncIterable<FeedItem>> {
  const rest = items[Symbol.asyncIterator]();
  const head: FeedItem[] = [];
  while (head.length < HELD && head.at(-1)?.kind !== 'record') {
    const next = await rest.next();
    if (next.done === true) break;
    head.push(next.value);
  }
  return (async function* () {
    try {
      yield* head;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  })();
}

/** Sends a feed as it is read, a record a line. Throws what the feed throws: then nothing of it is in force. */
export async function syncToServer(
  items: AsyncIterable<FeedItem>,
  brought: {
    /** For people who look at it later. */
    readonly source: string;
    /** Whose own feeds they are. */
    readonly ecosystems: readonly string[];
  },
  api: ApiClient,
  { json }: AdvisoryFlags,
  io: CliIo,
): Promise<void> {
  const { source, ecosystems } = brought;
  const about = ecosystems.length === 0 ? { source } : { source, ecosystems: ecosystems.join(',') };
  let broken: { readonly error: unknown } | undefined;
  const encoder = new TextEncoder();
  const feed = await fromFirstRecord(items);
  async function* lines(): AsyncGenerator<Uint8Array> {
    try {
      for await (const item of feed)
        yield encoder.encode(`${JSON.stringify(item.kind === 'record' ? item.record : toUnreadable(item))}\n`);
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  const answer = await api
    .send<AdvisoriesStoredAnswer>(`/advisories?${new URLSearchParams(about)}`, 'application/x-ndjson', lines())
    .catch((error: unknown) => {
      throw broken === undefined ? error : broken.error;
    });
  if (json) io.out.write(`${JSON.stringify(answer, null, 2)}\n`);
  else {
    const { added, updated, withdrawn, unchanged, rejected, records } = answer;
    io.out.write(
      `${added} added, ${updated} updated, ${withdrawn} withdrawn, ${unchanged} unchanged, ${rejected} rejected; ${api.server.url} has ${records} advisories\n`,
    );
  }
  const refused = answer.firstRejected.map(({ line, place, reason }) => `${place ?? `record ${line}`}: ${reason}`);
  for (const line of refused.slice(0, REJECTED_SHOWN)) io.err.write(`rejected: ${cleanText(line)}\n`);
}

/** Sends what is known of attacks, an entry a line; it takes the place of what the server had of the kind. */
export async function syncThreatsToServer(
  { kind, entries, rejected }: ThreatTable & { readonly rejected: number },
  source: string,
  api: ApiClient,
  { json }: AdvisoryFlags,
  io: CliIo,
): Promise<void> {
  const encoder = new TextEncoder();
  async function* lines(): AsyncGenerator<Uint8Array> {
    for (const [cve, entry] of entries) yield encoder.encode(`${JSON.stringify({ cve, ...entry })}\n`);
  }
  const path = `/advisories/threats?${new URLSearchParams({ kind, source })}`;
  const answer = await api.send<ThreatsStoredAnswer>(path, 'application/x-ndjson', lines());
  if (json) return void io.out.write(`${JSON.stringify(answer, null, 2)}\n`);
  const { added, updated, withdrawn, unchanged } = answer;
  io.out.write(
    `${threatNames[kind]}: ${added} added, ${updated} updated, ${withdrawn} withdrawn, ${unchanged} unchanged, ${answer.rejected + rejected} rejected\n`,
  );
}

/** What the tables are called. */
export const threatNames: Readonly<Record<ThreatTable['kind'], string>> = {
  kev: 'known exploited vulnerabilities',
  epss: 'EPSS scores',
};

/** What the server's database holds, and how the last imports ended. */
export async function showServerAdvisories(api: ApiClient, { json }: AdvisoryFlags, io: CliIo): Promise<void> {
  const state = await api.get<AdvisoriesStatusAnswer>('/advisories/status');
  if (json) return void io.out.write(`${JSON.stringify(state, null, 2)}\n`);
  const style = createStyle(io, true);
  const { records, newest, syncedAt, digest, epoch, rescannedThrough, failure, epochs, threats, feeds } =
    cleanText(state);
  io.out.write(
    `${api.server.url}: ${records} advisories, newest ${newest ?? 'unknown'}, synced ${formatTime(syncedAt, style)}\ndigest: ${digest}\n`,
  );
  for (const feed of feeds)
    io.out.write(
      `  ${feed.ecosystem}: ${feed.syncedAt === null ? 'of unknown age: came with this release, or along with another feed' : formatTime(feed.syncedAt, style)}\n`,
    );
  if (epoch > rescannedThrough) io.out.write(`epoch ${epoch} is in force; what it changes is still being looked for\n`);
  for (const { kind, entries, syncedAt: at, source } of threats)
    io.out.write(`${entries} ${threatNames[kind]}, synced ${formatTime(at, style)} from ${source}\n`);
  if (epochs.length > 0)
    io.out.write(
      formatTable(
        ['EPOCH', 'SOURCE', 'STATE', 'ADDED', 'UPDATED', 'WITHDRAWN', 'REJECTED', 'ENDED'],
        epochs.map((one) => [
          ...[String(one.epoch), one.source, paintState(one.state, style)],
          ...[one.added, one.updated, one.withdrawn, one.rejected].map(String),
          formatTime(one.endedAt, style),
        ]),
      ),
    );
  for (const { place, reason } of epochs.find(({ rejected }) => rejected > 0)?.rejections.slice(0, REJECTED_SHOWN) ??
    [])
    io.out.write(`rejected: ${place}: ${reason}\n`);
  if (failure !== null) io.err.write(`the last import of ${failure.source} failed: ${failure.reason}\n`);
}
