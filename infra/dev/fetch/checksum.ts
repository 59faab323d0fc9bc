import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StackError } from '../stack-error.ts';

/** Lower-case hex, without an algorithm prefix. */
export async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), hash);
  return hash.digest('hex');
}

/** Throws CHECKSUM_MISMATCH that names the file and both digests. */
export async function verifyFile(file: string, expected: string, hint: string): Promise<void> {
  const actual = await sha256File(file);
  if (actual === expected) return;
  throw new StackError('CHECKSUM_MISMATCH', `${basename(file)} is not the pinned file: ${actual}, not ${expected}`, {
    hint,
  });
}

/** One digest over the regular files of a folder: sha256 of `<sha256>  <relative path>\n` lines, sorted by path. */
export async function sha256Tree(dir: string): Promise<string> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${await sha256File(join(dir, file))}  ${file}\n`);
  return hash.digest('hex');
}
