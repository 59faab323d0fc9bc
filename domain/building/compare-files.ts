/** What two images hold, file by file: layers put on top of each other (image specification, layer.md), then compared. */
import { belowFolders } from '../artifact/below-folders.ts';
import type { Digest } from '../artifact/digest.ts';

/** One entry of a layer, as far as two images are compared. */
export interface LayerEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device';
  /** Permission bits with set-uid, set-gid and sticky: 0o7777. */
  readonly mode: number;
  /** `uid:gid`, by number. */
  readonly owner: string;
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** Lower-case hex, for files. */
  readonly sha256?: string;
  /** Where a symbolic or hard link points, as written. */
  readonly link?: string;
}

/** One layer. Paths are relative to the root, without `./` or a trailing slash. */
export interface LayerFiles {
  /** Digest of the layer's blob. */
  readonly layer: Digest;
  readonly entries: ReadonlyMap<string, LayerEntry>;
  readonly whiteouts: readonly string[];
  /** Folders whose content in lower layers is hidden. */
  readonly opaque: readonly string[];
}

/** An entry that is visible in the whole image, and the layer it comes from. */
export interface PlacedEntry extends LayerEntry {
  readonly layer: Digest;
}

type Aspect = 'type' | 'content' | 'mode' | 'owner' | 'link';

interface ChangedFile {
  readonly path: string;
  readonly aspects: readonly Aspect[];
  readonly before: PlacedEntry;
  readonly after: PlacedEntry;
}

/** JSON-safe. The lists are sorted by path and hold at most 1000 entries each; `totals` count everything. */
export interface ImageDifference {
  /** The digests are equal: nothing was compared, because nothing can differ. */
  readonly identical: boolean;
  readonly added: readonly (PlacedEntry & { readonly path: string })[];
  readonly removed: readonly (PlacedEntry & { readonly path: string })[];
  readonly changed: readonly ChangedFile[];
  readonly totals: {
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly unchanged: number;
  };
  /** Names of the fields of the image configuration that differ (`Entrypoint`, `Env`); never their values. */
  readonly configuration: readonly string[];
}

const MAX_LISTED = 1000;

export const identicalImages: ImageDifference = {
  identical: true,
  added: [],
  removed: [],
  changed: [],
  totals: { added: 0, removed: 0, changed: 0, unchanged: 0 },
  configuration: [],
};

/** `layers` from the base up. */
export function flattenLayers(layers: readonly LayerFiles[]): Map<string, PlacedEntry> {
  const image = new Map<string, PlacedEntry>();
  for (const { layer, entries, whiteouts, opaque } of layers) {
    // A file or link in the place of a folder takes the folder's content away with it.
    const replaced = [...entries].filter(
      ([path, entry]) => entry.type !== 'directory' && image.get(path)?.type === 'directory',
    );
    const gone = new Set([...whiteouts, ...replaced.map(([path]) => path)]);
    if (opaque.includes('')) image.clear();
    const isBelow = belowFolders([...gone, ...opaque]);
    if (gone.size > 0 || opaque.length > 0)
      for (const path of image.keys()) if (gone.has(path) || isBelow(path)) image.delete(path);
    for (const [path, entry] of entries) image.set(path, { ...entry, layer });
  }
  return image;
}

/** `before` and `after` as `flattenLayers` gives them; `configuration` as `compareConfigurations` does. */
export function compareFiles(
  before: ReadonlyMap<string, PlacedEntry>,
  after: ReadonlyMap<string, PlacedEntry>,
  configuration: readonly string[],
): ImageDifference {
  const added = [...after].filter(([path]) => !before.has(path)).map(([path, entry]) => ({ path, ...entry }));
  const removed = [...before].filter(([path]) => !after.has(path)).map(([path, entry]) => ({ path, ...entry }));
  const changed: ChangedFile[] = [];
  let unchanged = 0;
  for (const [path, old] of before) {
    const now = after.get(path);
    if (now === undefined) continue;
    const aspects = differingAspects(old, now);
    if (aspects.length === 0) unchanged += 1;
    else changed.push({ path, aspects, before: old, after: now });
  }
  return {
    identical: false,
    added: firstByPath(added),
    removed: firstByPath(removed),
    changed: firstByPath(changed),
    totals: { added: added.length, removed: removed.length, changed: changed.length, unchanged },
    configuration,
  };
}

function differingAspects(before: LayerEntry, after: LayerEntry): Aspect[] {
  const differs: Record<Aspect, boolean> = {
    type: before.type !== after.type,
    content: before.sha256 !== after.sha256 || before.size !== after.size,
    mode: before.mode !== after.mode,
    owner: before.owner !== after.owner,
    link: before.link !== after.link,
  };
  return (Object.keys(differs) as Aspect[]).filter((aspect) => differs[aspect]);
}

function firstByPath<T extends { readonly path: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)).slice(0, MAX_LISTED);
}

/** Which fields of the `config` object (image specification, config.md) differ, by name, sorted. */
export function compareConfigurations(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => stable(before[name]) !== stable(after[name])).sort();
}

/** Absent, null and empty say the same (config.md: all fields are optional). */
function stable(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.length === 0 ? '' : JSON.stringify(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? '' : JSON.stringify(members);
}
