import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkBundleFileSize, readBundleFile } from '../../adapters/sigstore/read-bundle-file.ts';
import type { CliIo } from './io.ts';
import { readUserFile } from './signing-key.ts';

/** The bundles in a file that the user named. One that is too large is refused before it is read. */
export async function readUserBundles(file: string, io: CliIo): Promise<readonly Uint8Array[]> {
  const found = await stat(path.resolve(io.cwd, file)).catch(() => undefined);
  if (found !== undefined) checkBundleFileSize(found.size, file);
  return readBundleFile(await readUserFile(file, io), file);
}
