import { folderOf } from '../path-from-file.ts';

/**
 * Node's lookup: from the folder `place`, outwards, the first `node_modules/<name>` that exists.
 * `exists` gets places such as `app/node_modules/a`.
 */
export function resolvePlace(place: string, name: string, exists: (place: string) => boolean): string | undefined {
  let folder = place;
  for (;;) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (exists(candidate)) return candidate;
    if (folder === '') return undefined;
    // Folders named node_modules are not asked for a node_modules inside them: the step goes past them.
    const cut = folder.lastIndexOf('node_modules/');
    folder = cut === -1 ? folderOf(folder) : stepOut(folder, cut);
  }
}

function stepOut(folder: string, cut: number): string {
  const rest = folder.slice(cut + 'node_modules/'.length);
  const isPackage = rest.split('/').length === (rest.startsWith('@') ? 2 : 1);
  return isPackage ? folder.slice(0, Math.max(0, cut - 1)) : folderOf(folder);
}
