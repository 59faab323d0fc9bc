import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** True when a process of any uid can pass through every folder on the way to `dir`, and through `dir` itself. */
export async function isReachableByOthers(dir: string): Promise<boolean> {
  for (let at = resolve(dir); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
