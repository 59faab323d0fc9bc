import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DoctorFinding } from '../api-answers.ts';
import type { LocalCheck } from './check.ts';

const OTHERS = 0o077;
/** What everybody may read, by its nature. */
const PUBLIC = /\.(?:pub|crt)$/;

/** Folders and files below `folder` that others than their owner may read or change. */
export async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (place: string): Promise<void> => {
    const entry = await stat(place);
    if ((entry.mode & OTHERS) !== 0 && !PUBLIC.test(place)) found.push(place);
    if (entry.isDirectory()) for (const name of await readdir(place)) await look(path.join(place, name));
  };
  await look(folder);
  return found;
}

/** The keys and secrets of the local stack: what lies elsewhere is for whoever runs it to look at. */
export const check: LocalCheck = {
  name: 'key-permissions',
  async examine({ home }) {
    if (home === undefined) return undefined;
    const folders = [home.keysDir, home.builderKeysDir, home.secretsDir];
    const open = (await Promise.all(folders.map(openToOthers))).flat();
    for (const file of [home.adminTokenFile, home.pushTokenFile])
      if (((await stat(file)).mode & OTHERS) !== 0) open.push(file);
    return open.length === 0
      ? [{ level: 'ok', says: `keys and secrets below ${home.dir} are their owner's alone` }]
      : open.map(
          (place): DoctorFinding => ({
            level: 'fail',
            says: `${place}: others may read or change it`,
            next: `chmod go-rwx ${JSON.stringify(place)}; if this machine has other users, make what it holds anew`,
          }),
        );
  },
};
