import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Files of one folder that are ever listed. */
const MAX_FILES = 1_000_000;

/**
 * A folder as one file: what `sha256sum` writes of all its files, by name (`<hex>  <path>`, sorted by bytes), so that whoever has
 * the list can check the folder with `sha256sum -c`. Throws a CliError for what such a list cannot say.
 */
export async function readChecksums(folder: string, name: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  if (entries.length > MAX_FILES) throw refuse(name, `has more than ${MAX_FILES} files`);
  const files = entries.filter((entry) => !entry.isDirectory());
  const paths = files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  for (const [at, entry] of files.entries()) {
    if (!entry.isFile()) throw refuse(name, `holds ${paths[at]}, which is neither a file nor a folder (a link?)`);
    if (/[\n\r\\]/.test(paths[at] ?? '')) throw refuse(name, 'holds a file whose name has a line break or a backslash');
  }
  const sorted = paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lines: string[] = [];
  for (const file of sorted) lines.push(`${await digestFile(path.join(folder, file))}  ${file}\n`);
  if (lines.length === 0) throw refuse(name, 'has no files');
  return Buffer.from(lines.join(''));
}

async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function refuse(name: string, why: string): CliError {
  return new CliError(exitCodes.usage, 'TARGET_INVALID', `${name} ${why}: a list of checksums cannot say that`);
}
