/** What a package manager has copied into a tree of sources: lockfiles in there say what its authors used. */
import { catalogerFor } from './catalogers.ts';
import type { EffectiveFile } from './effective-files.ts';
import { folderOf } from './path-from-file.ts';

const COMPOSER = /(?:^|\/)vendor\/composer\/installed\.json$/;

/** `files` without the lockfiles and manifests of vendored packages. */
export function withoutVendored(files: ReadonlyMap<string, EffectiveFile>): ReadonlyMap<string, EffectiveFile> {
  const folders = new Set<string>();
  for (const { path, facts } of files.values()) {
    if (facts.kind === 'vendored') folders.add(folderOf(path));
    else if (COMPOSER.test(path)) folders.add(folderOf(folderOf(path)));
  }
  if (folders.size === 0) return files;
  return new Map([...files].filter(([path]) => !isLockfile(path) || !isWithin(folders, path)));
}

/** npm's lockfiles are read in images too: one of a `node_modules` folder says what is installed. */
function isLockfile(path: string): boolean {
  const cataloger = catalogerFor(path);
  return cataloger?.treesOnly === true || (cataloger?.name === 'npm-lockfile' && !path.includes('node_modules/'));
}

function isWithin(folders: ReadonlySet<string>, path: string): boolean {
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) if (folders.has(folder)) return true;
  return false;
}
