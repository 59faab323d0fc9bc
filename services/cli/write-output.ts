import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** Characters gathered before they are written. */
const CHUNK = 256 * 1024;

/**
 * Writes pieces of text to a file, or to stdout without one. A file is whole or not there: it is written beside its place and
 * renamed; a device or a pipe (`/dev/null`, `/dev/stderr`) is written to as it is, and stays, and so does a
 * link to a file. Throws a CliError (OUTPUT_UNWRITABLE).
 */
export async function writeOutput(pieces: Iterable<string>, file: string | undefined, io: CliIo): Promise<void> {
  if (file === undefined) {
    for (const chunk of gather(pieces)) io.out.write(chunk);
    return;
  }
  const named = path.resolve(io.cwd, file);
  const place = await realpath(named).catch(() => named);
  const temporary = (await isPlain(place)) ? `${place}.${process.pid}.tmp` : undefined;
  try {
    const stream = createWriteStream(temporary ?? place, { flags: temporary === undefined ? 'w' : 'wx' });
    const failed = new Promise<never>((_, reject) => stream.once('error', reject));
    for (const chunk of gather(pieces))
      if (!stream.write(chunk))
        await Promise.race([failed, new Promise<void>((resolve) => stream.once('drain', () => resolve()))]);
    stream.end();
    await Promise.race([failed, finished(stream)]);
    if (temporary !== undefined) await rename(temporary, place);
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw new CliError(exitCodes.infrastructure, 'OUTPUT_UNWRITABLE', `${file} can not be written`, { cause });
  }
}

/** A file, or nothing yet. */
async function isPlain(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isFile() || found.isDirectory(),
    () => true,
  );
}

function* gather(pieces: Iterable<string>): Generator<string> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < CHUNK) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}
