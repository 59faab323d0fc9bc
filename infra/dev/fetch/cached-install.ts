import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder `<cacheDir>/servers/<name>`, made once: `fill` works in a staging folder beside it, which appears under its
 * name only when all of it was fetched and verified. Two at once both work, and the first one's result stays.
 */
export async function cachedInstall(
  cacheDir: string,
  name: string,
  fill: (staging: string) => Promise<void>,
): Promise<string> {
  const root = join(cacheDir, 'servers');
  const folder = join(root, name);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  const staging = await mkdtemp(join(root, `.${name}-`));
  try {
    await fill(staging);
    await chmod(staging, 0o755);
    try {
      await rename(staging, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
    return folder;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
