import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Epoch } from '../../../adapters/osv/advisory-index.ts';
import { importThreats } from '../../../adapters/osv/build-advisory-index.ts';
import { withIndexLock } from '../../../adapters/osv/index-lock.ts';
import { withFeedFile } from '../../../adapters/osv/read-feed.ts';
import { mayHoldThreats, readThreats } from '../../../adapters/osv/read-threats.ts';
import type { ThreatTable } from '../../../domain/advisory/threat-imports.ts';
import { CliError } from '../cli-error.ts';
import { defineScannerReports } from '../define-scanner-reports.ts';
import { exitCodes } from '../exit-codes.ts';
import { ageOf } from '../feed-age.ts';
import { isAddress, printableSource, requireRecords, syncToCache, withEgress, withFeedParts } from '../feed-parts.ts';
import type { CliIo } from '../io.ts';
import { openAdvisories, syncedIndexFile } from '../open-advisories.ts';
import { printable } from '../printable.ts';
import {
  type AdvisoryFlags,
  openAdvisoryServer,
  showServerAdvisories,
  syncThreatsToServer,
  syncToServer,
  threatNames,
} from '../server-advisories.ts';
import { clearSyncFailure, readSyncFailure, recordSyncFailure } from '../sync-failure.ts';
import type { Verb } from '../verb.ts';

const SYNC_HELP = `
FROM is a folder of JSON files, a folder in OSV's own layout (<ECOSYSTEM>/all.zip), one zip, or the https address of a zip, of a
folder of OSV's bucket (all.zip, modified_id.csv), or of a bucket (ecosystems.txt: every ecosystem that is compared here). What was
brought in from an address before is not fetched again: nothing where nothing changed, single records where few did.
Or what is known of attacks: CISA's known_exploited_vulnerabilities.json, or the EPSS table of
FIRST (.csv, .csv.gz), as a file or by https; each takes the place of the one before.
Records are added to those already synced; an older version of a record never replaces a newer one. They go to the server
where one is configured (PRATIQUE_URL) or runs here, for its gates; with --local, or without a server, into this user's cache,
for \`pratique scan\`. A feed that breaks off changes nothing, here or there: what is in force stays. What a server gets is looked
for at once in everything it has stored.
Needs the role operator on a server.

Examples:
  pratique advisories sync --from https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip
  pratique advisories sync --from https://osv-vulnerabilities.storage.googleapis.com/PyPI --local
  pratique advisories sync --from ./feed --local
  pratique advisories sync --from https://epss.empiricalsecurity.com/epss_scores-current.csv.gz
  pratique advisories sync --from https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json`;

const timeOf = (io: CliIo) => (io.now?.() ?? new Date()).toISOString();

/** What is known of attacks into the same index. */
async function syncThreats(
  from: string,
  io: CliIo,
): Promise<{ readonly kind: ThreatTable['kind']; readonly entries: number; readonly rejected: number }> {
  if (!existsSync(syncedIndexFile(io)))
    throw new CliError(exitCodes.usage, 'ADVISORIES_EMPTY', 'there are no advisories yet that these belong to', {
      hint: 'pratique advisories sync --from DIR|ZIP|URL --local comes first',
    });
  return withEgress(from, io, (source, egress) =>
    withFeedFile(source, { egress, signal: io.signal }, async (file) => {
      const { kind, entries, rejected } = await readThreats(file, from);
      await importThreats(syncedIndexFile(io), {
        kind,
        entries,
        rejected,
        source: printableSource(source),
        at: timeOf(io),
      });
      return { kind, entries: entries.size, rejected };
    }),
  );
}

async function syncLocally(from: string, json: true | undefined, io: CliIo): Promise<void> {
  if (mayHoldThreats(from)) {
    const summary = await syncThreats(from, io);
    if (json) io.out.write(`${JSON.stringify(summary, null, 2)}\n`);
    else io.out.write(`${summary.entries} ${threatNames[summary.kind]}, ${summary.rejected} rejected\n`);
    return;
  }
  const summary = await syncToCache(from, io);
  const { added, updated, unchanged, rejected, notModified } = summary;
  const silent = notModified === 0 ? '' : `; ${notModified === 1 ? '1 feed' : `${notModified} feeds`} not modified`;
  if (json) io.out.write(`${JSON.stringify(summary, null, 2)}\n`);
  else
    io.out.write(`${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected.count} rejected${silent}\n`);
  for (const { place, reason } of rejected.first.slice(0, 10)) io.err.write(`rejected: ${place}: ${reason}\n`);
}

async function sync(flags: AdvisoryFlags & { readonly from: string }, io: CliIo): Promise<void> {
  const { from, json } = flags;
  const api = await openAdvisoryServer(flags, io);
  if (api !== undefined) {
    const name = isAddress(from) ? printableSource(from) : path.basename(from);
    if (mayHoldThreats(from))
      return withEgress(from, io, (source, egress) =>
        withFeedFile(source, { egress, signal: io.signal }, async (file) =>
          syncThreatsToServer(await readThreats(file, from), name, api, flags, io),
        ),
      );
    return withFeedParts(from, io, async (part) => {
      // What the server has of this feed is the server's to know: it gets all of it.
      const opened = await part.open(undefined);
      if (opened.kind === 'unchanged') return;
      const source = part.from === from || !isAddress(from) ? name : printableSource(part.from);
      await syncToServer(
        requireRecords(opened.items, part.from),
        { source, ecosystems: part.ecosystems },
        api,
        flags,
        io,
      );
    });
  }
  try {
    const onWait = () => void io.err.write('waiting for another sync of this cache\n');
    await withIndexLock(syncedIndexFile(io), { signal: io.signal, onWait }, () => syncLocally(from, json, io));
  } catch (error) {
    await recordSyncFailure(printableSource(from), error, io);
    throw error;
  }
  await clearSyncFailure(io);
}

const SHOWN_EPOCHS = 10;

function describeEpoch({ number, at, source, kind, added, updated, unchanged, rejected, changed }: Epoch): string {
  const counts = `${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`;
  const examples =
    changed.length === 0 ? '' : `; changed: ${changed.slice(0, 3).join(', ')}${changed.length > 3 ? ' …' : ''}`;
  return `epoch ${number}: ${at ?? 'not synced'}: ${kind} from ${source}: ${counts}${examples}`;
}

async function status(flags: AdvisoryFlags, io: CliIo): Promise<void> {
  const { json } = flags;
  const api = await openAdvisoryServer(flags, io);
  if (api !== undefined) return showServerAdvisories(api, flags, io);
  const { index, kind, describe } = await openAdvisories(io, undefined);
  using _ = index;
  const state = await index.state();
  const [epochs, failure] = [index.epochs(SHOWN_EPOCHS), await readSyncFailure(io)];
  const age = ageOf(state, io.now?.() ?? new Date());
  if (json) {
    const ageSeconds = age === undefined ? undefined : Math.floor(age / 1000);
    io.out.write(`${JSON.stringify({ kind, ...state, ageSeconds, epochs, failure }, null, 2)}\n`);
    return;
  }
  if (failure !== undefined)
    io.err.write(printable(`the sync of ${failure.at} from ${failure.from} FAILED: ${failure.message}`).concat('\n'));
  io.out.write(`${describe}\n`);
  io.out.write(`ecosystems: ${state.ecosystems.join(', ')}\ndigest: ${state.digest}\n`);
  for (const source of state.sources) io.out.write(`source: ${source}\n`);
  io.out.write(`age: ${age === undefined ? 'unknown' : `${Math.floor(age / 3_600_000)} hours`}\n`);
  for (const ecosystem of state.ecosystems) {
    const { syncedAt: at, newest } = state.feeds?.[ecosystem] ?? {};
    if (at !== undefined || newest !== undefined)
      io.out.write(printable(`  ${ecosystem}: ${at === undefined ? `newest ${newest}` : `synced ${at}`}`).concat('\n'));
  }
  for (const epoch of epochs) io.out.write(`${printable(describeEpoch(epoch))}\n`);
  if (state.rejected.count > 0) io.out.write(`rejected in the last sync: ${state.rejected.count}\n`);
  for (const { place, reason } of state.rejected.first) io.out.write(`  ${place}: ${reason}\n`);
}

/** `pratique advisories`: brings in advisories, and says which there are. */
export const verb: Verb = {
  define(command, context) {
    const { io, done } = context;
    defineScannerReports(command.command('report'), context);
    command
      .command('sync')
      .description('Bring in advisories in the OSV format')
      .requiredOption('--from <source>', 'a folder, a zip, or the https address of a zip, a folder or a bucket of OSV')
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
