/** The last sync that failed, kept beside the index until one succeeds: what is not renewed has to be heard of. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { CliIo } from './io.ts';
import { type OpenedAdvisories, syncedIndexFile } from './open-advisories.ts';
import { printable } from './printable.ts';

const failureSchema = z.object({ at: z.string(), from: z.string(), message: z.string() });
export type SyncFailure = z.output<typeof failureSchema>;

const place = (io: CliIo) => path.join(path.dirname(syncedIndexFile(io)), 'last-failure.json');

export async function recordSyncFailure(from: string, error: unknown, io: CliIo): Promise<void> {
  const at = (io.now?.() ?? new Date()).toISOString();
  const message = error instanceof Error ? error.message : 'unknown';
  await mkdir(path.dirname(place(io)), { recursive: true });
  await writeFile(place(io), JSON.stringify({ at, from, message } satisfies SyncFailure));
}

export async function clearSyncFailure(io: CliIo): Promise<void> {
  await rm(place(io), { force: true });
}

/** Undefined where the last sync went well. */
export async function readSyncFailure(io: CliIo): Promise<SyncFailure | undefined> {
  const text = await readFile(place(io), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return failureSchema.parse(JSON.parse(text));
  } catch {
    return { at: 'an unknown time', from: 'an unknown source', message: 'its record is damaged' };
  }
}

/** Told beside the advisories unless they were named: they are older, or fewer, than somebody believes. */
export async function tellSyncFailure({ kind }: Pick<OpenedAdvisories, 'kind'>, io: CliIo): Promise<void> {
  const failure = kind === 'folder' ? undefined : await readSyncFailure(io);
  if (failure !== undefined)
    io.err.write(`${printable(`  the sync of ${failure.at} FAILED, these are from before: ${failure.message}`)}\n`);
}
