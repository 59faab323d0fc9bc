import path from 'node:path';
import { createEgress } from '../../../adapters/egress/egress.ts';
import { buildAdvisoryIndex, type ImportSummary } from '../../../adapters/osv/build-advisory-index.ts';
import type { FeedItem } from '../../../adapters/osv/feed.ts';
import { readFeed } from '../../../adapters/osv/read-feed.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { asAdvisoryFailure, openAdvisories, syncedIndexFile } from '../open-advisories.ts';
import { type AdvisoryFlags, openAdvisoryServer, showServerAdvisories, syncToServer } from '../server-advisories.ts';
import type { Verb } from '../verb.ts';

const SYNC_HELP = `
FROM is a folder of JSON files, a folder in OSV's own layout (<ECOSYSTEM>/all.zip), one zip, or the https address of one.
Records are added to those already synced; an older version of a record never replaces a newer one. They go to the server
where one is configured (PRATIQUE_URL) or runs here, for its gates; with --local, or without a server, into this user's cache,
for \`pratique scan\`. A feed that breaks off changes nothing, here or there: what is in force stays. What a server gets is looked
for at once in everything it has stored.
Needs the role operator on a server.

Examples:
  pratique advisories sync --from https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip
  pratique advisories sync --from ./feed --local`;

/** A feed without a record is refused before it takes the place of what is in force. */
async function* requireRecords(items: AsyncIterable<FeedItem>, from: string): AsyncGenerator<FeedItem> {
  let rejected: Extract<FeedItem, { kind: 'rejected' }> | undefined;
  let records = 0;
  for await (const item of items) {
    if (item.kind === 'record') records++;
    else rejected ??= item;
    yield item;
  }
  if (records > 0) return;
  const example = rejected === undefined ? '' : `, for example ${rejected.place}: ${rejected.reason}`;
  throw new CliError(exitCodes.infrastructure, 'FEED_EMPTY', `${from}: no record could be read${example}`);
}

/** Opens a feed and hands its records to `take`. */
async function withFeed<T>(
  from: string,
  io: CliIo,
  take: (items: AsyncGenerator<FeedItem>, source: string) => Promise<T>,
): Promise<T> {
  const remote = /^https?:\/\//.test(from);
  const source = remote ? from : path.resolve(io.cwd, from);
  const egress = createEgress({ configuredHosts: remote ? [new URL(from).host] : [], allowPublicHosts: true });
  try {
    const items = requireRecords(readFeed(source, { egress, signal: io.signal }), from);
    return await take(items, source);
  } catch (error) {
    throw asAdvisoryFailure(error);
  } finally {
    await egress.close();
  }
}

/** Records into the index of this user's cache. */
function syncToCache(from: string, io: CliIo): Promise<ImportSummary> {
  return withFeed(from, io, (items, source) => {
    const build = { items, source, syncedAt: (io.now?.() ?? new Date()).toISOString(), fingerprint: '' };
    return buildAdvisoryIndex(syncedIndexFile(io), build, { onto: true });
  });
}

/** The address without what may be a credential; of a path its last part. */
function sourceName(from: string): string {
  if (!/^https?:\/\//.test(from)) return path.basename(from);
  const { origin, pathname } = new URL(from);
  return `${origin}${pathname}`;
}

async function sync(flags: AdvisoryFlags & { readonly from: string }, io: CliIo): Promise<void> {
  const { from, json } = flags;
  const api = await openAdvisoryServer(flags, io);
  if (api !== undefined) return withFeed(from, io, (items) => syncToServer(items, sourceName(from), api, flags, io));
  const summary = await syncToCache(from, io);
  const { added, updated, unchanged, rejected } = summary;
  if (json) io.out.write(`${JSON.stringify(summary, null, 2)}\n`);
  else io.out.write(`${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected.count} rejected\n`);
  for (const { place, reason } of rejected.first.slice(0, 10)) io.err.write(`rejected: ${place}: ${reason}\n`);
}

async function status(flags: AdvisoryFlags, io: CliIo): Promise<void> {
  const { json } = flags;
  const api = await openAdvisoryServer(flags, io);
  if (api !== undefined) return showServerAdvisories(api, flags, io);
  const { index, kind, describe } = await openAdvisories(io, undefined);
  using _ = index;
  const state = await index.state();
  if (json) {
    io.out.write(`${JSON.stringify({ kind, ...state }, null, 2)}\n`);
    return;
  }
  io.out.write(`${describe}\n`);
  io.out.write(`ecosystems: ${state.ecosystems.join(', ')}\ndigest: ${state.digest}\n`);
  for (const source of state.sources) io.out.write(`source: ${source}\n`);
  if (state.rejected.count > 0) io.out.write(`rejected in the last sync: ${state.rejected.count}\n`);
  for (const { place, reason } of state.rejected.first) io.out.write(`  ${place}: ${reason}\n`);
}

/** `pratique advisories`: brings in advisories, and says which there are. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .command('sync')
      .description('Bring in advisories in the OSV format')
      .requiredOption('--from <source>', 'a folder, a zip, or the https address of a zip')
      .option('--json', 'the counts as JSON')
      .option('--local', "into this user's cache, whatever server there is")
      .option('--url <url>', 'the gateway; without it, the stack that runs here')
      .option('--token-file <file>', 'file with the API token; or the token itself in PRATIQUE_TOKEN')
      .addHelpText('after', SYNC_HELP)
      .action(async (options: AdvisoryFlags & { from: string }) => {
        await sync(options, io);
        done(exitCodes.pass);
      });
    command
      .command('status')
      .description('Say which advisories are in use, and how old they are')
      .option('--json', 'the state as JSON')
      .option('--local', 'those of `pratique scan` on this machine, whatever server there is')
      .option('--url <url>', 'the gateway; without it, the stack that runs here')
      .option('--token-file <file>', 'file with the API token; or the token itself in PRATIQUE_TOKEN')
      .addHelpText('after', '\nExamples:\n  pratique advisories status\n  pratique advisories status --local --json')
      .action(async (options: AdvisoryFlags) => {
        await status(options, io);
        done(exitCodes.pass);
      });
  },
};
