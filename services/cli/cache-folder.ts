import { homedir } from 'node:os';
import path from 'node:path';
import type { CliIo } from './io.ts';

/** Where everything that can be made again is kept: `PRATIQUE_CACHE_DIR`, else `~/.cache/pratique`. */
export function cacheFolder(io: CliIo): string {
  const { PRATIQUE_CACHE_DIR: configured } = io.env;
  return configured ? path.resolve(io.cwd, configured) : path.join(homedir(), '.cache', 'pratique');
}
