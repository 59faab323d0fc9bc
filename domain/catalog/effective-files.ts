/** What is left when layers are put on top of each other (OCI image specification, layer.md, "Applying Changesets"). */
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

/** `layers` from the base up. A later file replaces an earlier one; whiteouts and opaque folders act on layers beneath. */
export function effectiveFiles(layers: readonly LayerFindings[]): Map<string, EffectiveFile> {
  const files = new Map<string, EffectiveFile>();
  for (const layer of layers) {
    removeHidden(files, layer);
    for (const path of layer.silent ?? []) files.delete(path);
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

function removeHidden(files: Map<string, EffectiveFile>, layer: LayerFindings): void {
  if (layer.whiteouts.length === 0 && layer.opaqueDirectories.length === 0) return;
  const whiteouts = new Set(layer.whiteouts);
  const opaque = new Set(layer.opaqueDirectories);
  for (const path of files.keys()) if (isHidden(path, whiteouts, opaque)) files.delete(path);
}

function isHidden(path: string, whiteouts: ReadonlySet<string>, opaque: ReadonlySet<string>): boolean {
  if (whiteouts.has(path) || opaque.has('')) return true;
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const folder = path.slice(0, cut);
    if (whiteouts.has(folder) || opaque.has(folder)) return true;
  }
  return false;
}
