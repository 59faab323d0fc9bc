import { existsSync } from 'node:fs';
import path from 'node:path';
import { AdvisoryError } from '../../adapters/osv/advisory-error.ts';
import type { AdvisoryIndex } from '../../adapters/osv/advisory-index.ts';
import { openAdvisoryIndex } from '../../adapters/osv/advisory-index.ts';
import { openDirectoryDatabase } from '../../adapters/osv/directory-database.ts';
import { cacheFolder } from './cache-folder.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { printable } from './printable.ts';

/** The advisories that came with this release: few, well known, and no replacement for a feed. */
const SEED = path.resolve(import.meta.dirname, '../../infra/advisories');

/** Records that could not be read, named where the advisories are. */
const SHOWN_REJECTIONS = 3;

/** The index `pratique advisories sync` writes. */
export function syncedIndexFile(io: CliIo): string {
  return path.join(cacheFolder(io), 'advisories', 'index.sqlite');
}

export interface OpenedAdvisories {
  readonly index: AdvisoryIndex;
  readonly kind: 'folder' | 'synced' | 'seed';
  /** For people: which advisories, from when. */
  readonly describe: string;
}

/** An AdvisoryError as the user sees it. */
export function asAdvisoryFailure(error: unknown): unknown {
  return error instanceof AdvisoryError
    ? new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error })
    : error;
}

async function openIndex(io: CliIo, folder: string | undefined): Promise<Omit<OpenedAdvisories, 'describe'>> {
  const options = { cacheFolder: cacheFolder(io), signal: io.signal };
  if (folder !== undefined) {
    const index = await openDirectoryDatabase({ ...options, folder: path.resolve(io.cwd, folder) });
    return { kind: 'folder', index };
  }
  const synced = syncedIndexFile(io);
  if (existsSync(synced)) return { kind: 'synced', index: openAdvisoryIndex(synced) };
  return { kind: 'seed', index: await openDirectoryDatabase({ ...options, folder: SEED }) };
}

/**
 * Opens the advisories of `folder`, else those of the last sync, else the seed. Throws a CliError where there are none, or
 * they hold no record: nothing found in nothing is no result.
 */
export async function openAdvisories(io: CliIo, folder: string | undefined): Promise<OpenedAdvisories> {
  const opened = await openIndex(io, folder).catch((error: unknown) => {
    throw asAdvisoryFailure(error);
  });
  const state = await opened.index.state();
  if (state.records === 0) {
    opened.index[Symbol.dispose]();
    throw new CliError(
      exitCodes.infrastructure,
      'ADVISORIES_EMPTY',
      `${folder ?? 'the synced advisories'}: no advisory could be read (${state.rejected.count} rejected)`,
      { hint: 'pratique advisories sync --from DIR|ZIP|URL brings in records in the OSV format' },
    );
  }
  const names = { folder: folder ?? '', synced: 'synced', seed: 'the seed of this release' };
  const synced = state.syncedAt === undefined ? '' : `, synced ${state.syncedAt}`;
  const { count, first } = state.rejected;
  const places = first.slice(0, SHOWN_REJECTIONS).map(({ place, reason }) => `${path.basename(place)}: ${reason}`);
  const rejected = count === 0 ? '' : `; ${count} records could not be read, such as ${places.join('; ')}`;
  const about = `${state.records} advisories, newest ${state.newest ?? 'unknown'}${synced}${rejected}`;
  const describe = printable(`${names[opened.kind]}: ${about}`);
  return { ...opened, describe };
}
