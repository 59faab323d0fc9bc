/**
 * What is left when layers are put on top of each other (OCI image specification, layer.md, "Applying Changesets"), as
 * overlayfs shows it: paths count as they are written, and a folder joins only with folders beneath it.
 */
import { belowFolders } from '../artifact/below-folders.ts';
import type { Digest } from '../artifact/digest.ts';
import type { FileFacts, LayerFindings } from './layer-findings.ts';

export interface EffectiveFile {
  readonly path: string;
  readonly facts: FileFacts;
  /** Of the layer the file comes from; absent for a directory or an archive. */
  readonly layer?: Digest;
  /** The same path in the layers beneath, the nearest first, as long as nothing removed it between. */
  readonly earlier: readonly { readonly facts: FileFacts; readonly layer?: Digest }[];
}

/** Beyond, what is hidden below a folder that is replaced is not noticed, and listed all the same: no image has so many. */
const MAX_FOLDERS = 500_000;

/**
 * `layers` from the base up. A later file replaces an earlier one, and what was below a folder of its name; a later folder
 * replaces an earlier file; whiteouts and opaque folders act on layers beneath.
 */
export function effectiveFiles(layers: readonly LayerFindings[]): Map<string, EffectiveFile> {
  const files = new Map<string, EffectiveFile>();
  /** Every folder that one of them is in. */
  const folders = new Set<string>();
  for (const layer of layers) {
    removeHidden(files, folders, layer);
    for (const { path } of layer.files) {
      // A folder by now, whatever was there.
      for (const folder of newFolders(path, folders)) files.delete(folder);
    }
    for (const { path, facts } of layer.files) {
      const below = files.get(path);
      files.set(path, {
        path,
        facts,
        ...(layer.diffId === undefined ? {} : { layer: layer.diffId }),
        earlier: below === undefined ? [] : [{ facts: below.facts, ...layerOf(below) }, ...below.earlier],
      });
    }
  }
  return files;
}

function layerOf(file: EffectiveFile): { layer?: Digest } {
  return file.layer === undefined ? {} : { layer: file.layer };
}

/** Adds the folders above `path` to those known; gives those that were not. */
function newFolders(path: string, folders: Set<string>): string[] {
  const added: string[] = [];
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const folder = path.slice(0, cut);
    if (folders.size >= MAX_FOLDERS || folders.has(folder)) break;
    folders.add(folder);
    added.push(folder);
  }
  return added;
}

function removeHidden(files: Map<string, EffectiveFile>, folders: Set<string>, layer: LayerFindings): void {
  const { whiteouts, opaqueDirectories, silent = [], directories = [] } = layer;
  if (opaqueDirectories.includes('')) {
    files.clear();
    folders.clear();
    return;
  }
  const hidden = new Set<string>();
  const hide = (path: string): void => void (folders.has(path) && hidden.add(path));
  // Only a file can be where these are a folder, and only a folder be replaced where these are a file.
  for (const path of [...whiteouts, ...opaqueDirectories, ...silent, ...directories]) files.delete(path);
  for (const path of [...whiteouts, ...opaqueDirectories, ...silent]) hide(path);
  for (const { path } of layer.files) hide(path);
  if (hidden.size === 0) return;
  const isBelow = belowFolders(hidden);
  for (const path of files.keys()) if (isBelow(path)) files.delete(path);
  for (const path of folders) if (hidden.has(path) || isBelow(path)) folders.delete(path);
}
