import { homedir } from 'node:os';
import path from 'node:path';
import type { CliIo } from './io.ts';

/** Where everything that can be made again is kept: `PRATIQUE_CACHE_DIR`, else `pratique` in the user's cache folder. */
export function cacheFolder({ env, cwd }: Pick<CliIo, 'env' | 'cwd'>): string {
  const { PRATIQUE_CACHE_DIR, XDG_CACHE_HOME, HOME } = env;
  if (PRATIQUE_CACHE_DIR) return path.resolve(cwd, PRATIQUE_CACHE_DIR);
  return path.join(XDG_CACHE_HOME || path.join(HOME || homedir(), '.cache'), 'pratique');
}
