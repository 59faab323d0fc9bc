import type { FeedItem } from '../../adapters/osv/feed.ts';
import type { AdvisoryState } from '../../adapters/postgres/read-status.ts';
import type { AdvisoriesStoredAnswer } from './api-answers.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { cleanText } from './clean-text.ts';
import type { CliIo } from './io.ts';
import { hasServer, locateServer, type ServerFlags } from './locate-server.ts';
import { createStyle, formatTime } from './style.ts';

export interface AdvisoryFlags extends ServerFlags {
  readonly local?: true;
  readonly json?: true;
}

const REJECTED_SHOWN = 10;

/** The server whose advisories are meant: the one that is configured, unless `--local` asks for this machine's. */
export async function openAdvisoryServer(flags: AdvisoryFlags, io: CliIo): Promise<ApiClient | undefined> {
  if (flags.local || !(await hasServer(flags, io))) return undefined;
  return createApiClient(await locateServer(flags, io), io.signal);
}

/** Sends a feed as it is read, a record a line. Throws what the feed throws; what was sent until then is stored. */
export async function syncToServer(
  items: AsyncIterable<FeedItem>,
  api: ApiClient,
  { json }: AdvisoryFlags,
  io: CliIo,
): Promise<void> {
  let broken: { readonly error: unknown } | undefined;
  const unreadable: string[] = [];
  let skipped = 0;
  const encoder = new TextEncoder();
  async function* lines(): AsyncGenerator<Uint8Array> {
    try {
      for await (const item of items)
        if (item.kind === 'record') yield encoder.encode(`${JSON.stringify(item.record)}\n`);
        else if (++skipped <= REJECTED_SHOWN) unreadable.push(`${item.place}: ${item.reason}`);
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  const answer = await api
    .send<AdvisoriesStoredAnswer>('/advisories', 'application/x-ndjson', lines())
    .catch((error: unknown) => {
      throw broken === undefined ? error : broken.error;
    });
  if (json) io.out.write(`${JSON.stringify(answer, null, 2)}\n`);
  else {
    const { stored, rejected, records } = answer;
    io.out.write(`${stored} stored, ${rejected + skipped} rejected; ${api.server.url} has ${records} advisories\n`);
  }
  const refused = answer.firstRejected.map(({ line, reason }) => `record ${line}: ${reason}`);
  for (const line of [...unreadable, ...refused].slice(0, REJECTED_SHOWN))
    io.err.write(`rejected: ${cleanText(line)}\n`);
}

/** What the server's database holds. */
export async function showServerAdvisories(api: ApiClient, { json }: AdvisoryFlags, io: CliIo): Promise<void> {
  const state = await api.get<AdvisoryState>('/advisories/status');
  if (json) return void io.out.write(`${JSON.stringify(state, null, 2)}\n`);
  const { records, newest, syncedAt, digest } = cleanText(state);
  const synced = formatTime(syncedAt, createStyle(io, true));
  io.out.write(
    `${api.server.url}: ${records} advisories, newest ${newest ?? 'unknown'}, synced ${synced}\ndigest: ${digest}\n`,
  );
}
