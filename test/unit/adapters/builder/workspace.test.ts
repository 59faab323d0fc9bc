import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkspace, openFolders, removeWorkspace } from '../../../../adapters/builder/workspace.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'pratique-workspace-')));
});
afterEach(async () => {
  await openFolders(folder);
  await rm(folder, { recursive: true });
});

describe('a workspace is made', () => {
  test('in a folder of our own', async () => {
    const place = await createWorkspace(path.join(folder, 'builds'));
    expect(path.dirname(place.workspace)).toBe(path.join(folder, 'builds'));
    expect((await lstat(place.work)).mode & 0o777).toBe(0o700);
  });

  test.each<[string, (builds: string) => Promise<unknown>]>([
    ['that others may write to', (builds) => mkdir(builds).then(() => chmod(builds, 0o777))],
    ['that is a link, whose target may be another tomorrow', (builds) => symlink(folder, builds)],
    ['that is a file', (builds) => writeFile(builds, '')],
  ])('nowhere in a place %s', async (_, make) => {
    const builds = path.join(folder, 'builds');
    await make(builds);
    await expect(createWorkspace(builds)).rejects.toMatchObject({ code: 'BUILD_PLACE' });
  });

  test.skipIf(process.getuid?.() !== 0)('nowhere in a folder of somebody else', async () => {
    const builds = path.join(folder, 'builds');
    await mkdir(builds);
    await chown(builds, 65_533, 65_533);
    await expect(createWorkspace(builds)).rejects.toMatchObject({ code: 'BUILD_PLACE' });
  });
});

test('a workspace is removed whatever a recipe left in it', async () => {
  const { workspace, work } = await createWorkspace(path.join(folder, 'builds'));
  const cache = path.join(work, 'home', 'cache');
  await mkdir(path.join(cache, 'module'), { recursive: true });
  await writeFile(path.join(cache, 'module', 'go.mod'), 'module x');
  for (const closed of [path.join(cache, 'module'), cache]) await chmod(closed, 0o500);
  await removeWorkspace(workspace);
  await expect(lstat(workspace)).rejects.toMatchObject({ code: 'ENOENT' });
});
