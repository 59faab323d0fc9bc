/** A temporary folder for one whole run of the tests, so that what they leave there is seen, and removed. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { memoryFolder } from '../infra/dev/memory-folder.ts';

export interface RunFolder {
  /** Removes the folder. Returns what nobody had removed, by name and how many; without what other programs make (java, npm). */
  close(): string[];
}

/** Bytes: some four times what a whole run has there at any moment. */
const ROOM = 3 * 1024 ** 3;

/** From now on `os.tmpdir()` is the new folder, here and in every process started from here. */
export function openRunFolder(): RunFolder {
  process.env.PRATIQUE_TEST_CACHE ??= tmpdir();
  // Whoever says where it shall be has reasons to.
  const parent = process.env.TMPDIR ? undefined : memoryFolder(ROOM);
  const folder = mkdtempSync(path.join(parent ?? tmpdir(), 'pratique-run-'));
  // As the system's own: servers and recipes run as other users.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return {
    close() {
      const counts = new Map<string, number>();
      for (const name of readdirSync(folder)) {
        if (!/^pratique/.test(name)) continue;
        const prefix = name.replace(/[-. ][A-Za-z0-9]{6}$/, '-*');
        counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      }
      rmSync(folder, { recursive: true, force: true });
      return [...counts].map(([name, count]) => `${name} (${count})`);
    },
  };
}
