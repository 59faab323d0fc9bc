import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Rejection } from '../../adapters/sigstore/open-bundle.ts';
import { readBundleFile, refuseBundleFile } from '../../adapters/sigstore/read-bundle-file.ts';
import type { CliIo } from './io.ts';
import { readUserFile } from './signing-key.ts';

/** The bundles in a file that the user named; or why none is read: one that is too large is refused before it is. */
export async function readUserBundles(file: string, io: CliIo): Promise<readonly Uint8Array[] | Rejection> {
  const found = await stat(path.resolve(io.cwd, file)).catch(() => undefined);
  return refuseBundleFile(found?.size ?? 0) ?? readBundleFile(await readUserFile(file, io));
}
