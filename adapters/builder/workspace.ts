/** Folders of builds: made where nobody else can put something in their place, and removed whatever a recipe left in them. */
import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { BuildError } from '../../domain/building/builder.ts';

/** Everything of one build lies in `workspace`: `git` and `root` are ours, `work` the recipe's (`source`, `home`, `tmp`). */
export interface Workspace {
  readonly workspace: string;
  readonly root: string;
  readonly work: string;
  readonly source: string;
}

/** Throws a BuildError BUILD_PLACE where `workFolder` is not ours alone. */
export async function createWorkspace(workFolder: string): Promise<Workspace> {
  await mkdir(workFolder, { recursive: true, mode: 0o711 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await checkOwner(workFolder);
  const workspace = await mkdtemp(path.join(workFolder, 'build-'));
  // The recipe's user may pass through, and list nothing.
  await chmod(workspace, 0o711);
  const [work, root] = [path.join(workspace, 'work'), path.join(workspace, 'root')];
  for (const folder of [root, work, ...['home', 'tmp'].map((name) => path.join(work, name))])
    await mkdir(folder, { mode: 0o700 });
  return { workspace, root, work, source: path.join(work, 'source') };
}

/** Whoever else may write here could put another layout in the place of one that waits for its signature. */
async function checkOwner(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder).then((found) => {
    if (!found.isDirectory()) throw new BuildError('BUILD_PLACE', `${folder} is no folder; remove it, and build again`);
    return found;
  });
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new BuildError(
      'BUILD_PLACE',
      `${folder} belongs to somebody else, or others may write to it; remove it, or set TMPDIR to a folder of your own`,
    );
}

/** Of a recipe that had our own user, also what it kept from being listed or changed (Go's cache of modules is such a folder). */
export async function removeWorkspace(workspace: string): Promise<void> {
  const remove = () => rm(workspace, { recursive: true, force: true });
  try {
    await remove();
  } catch {
    await openFolders(workspace);
    await remove();
  }
}

/** Lets us list and change every folder below, links not followed. */
export async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await openFolders(path.join(folder, entry.name));
}
