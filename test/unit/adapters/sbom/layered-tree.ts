/**
 * A file system made of layers, as containerd and Docker make it with overlayfs: an archive is unpacked into a folder of its
 * own, links in that folder are followed, and the folder is put on top of what is beneath: only folders join.
 */

interface Folder {
  readonly kind: 'folder';
  readonly entries: Map<string, Node>;
  isOpaque: boolean;
}
type Node = Folder | { readonly kind: 'file'; readonly text: string } | Link | { readonly kind: 'whiteout' };
interface Link {
  readonly kind: 'link';
  readonly target: string;
}

export interface LayerEntry {
  readonly kind: 'file' | 'link' | 'folder' | 'whiteout' | 'opaque';
  readonly path: string;
  /** Of a link, from the root. */
  readonly target: string;
}

const folder = (): Folder => ({ kind: 'folder', entries: new Map(), isOpaque: false });

/** The layer as a folder, and the entries of it that can be unpacked: not below a file, nor in place of a folder with something in it. */
export function unpackLayer(entries: readonly LayerEntry[], textOf: (entry: LayerEntry) => string) {
  const root = folder();
  const unpacked = entries.filter((entry) => put(root, entry, textOf(entry)));
  return { root, unpacked };
}

function put(root: Folder, entry: LayerEntry, text: string): boolean {
  const parts = entry.path.split('/');
  const name = parts.pop() ?? '';
  const parent = walk(root, parts, 0);
  if (parent === undefined) return false;
  const there = parent.entries.get(name);
  switch (entry.kind) {
    case 'folder':
      if (there?.kind === 'whiteout') return false;
      if (there?.kind !== 'folder') parent.entries.set(name, folder());
      return true;
    case 'opaque': {
      if (there !== undefined && there.kind !== 'folder') return false;
      const made = there ?? folder();
      made.isOpaque = true;
      parent.entries.set(name, made);
      return true;
    }
    case 'whiteout':
      if (there !== undefined) return false;
      parent.entries.set(name, { kind: 'whiteout' });
      return true;
    case 'file':
    case 'link':
      if (there !== undefined) return false;
      parent.entries.set(name, entry.kind === 'file' ? { kind: 'file', text } : { kind: 'link', target: entry.target });
      return true;
  }
}

/** The folder at a path, made where there is none; links are followed. */
function walk(root: Folder, parts: readonly string[], followed: number): Folder | undefined {
  let place = root;
  for (const [index, part] of parts.entries()) {
    const next = place.entries.get(part);
    if (next?.kind === 'link') {
      if (followed > 40) return undefined;
      return walk(root, [...next.target.split('/'), ...parts.slice(index + 1)], followed + 1);
    }
    if (next !== undefined && next.kind !== 'folder') return undefined;
    const made = next ?? folder();
    place.entries.set(part, made);
    place = made;
  }
  return place;
}

/** `upper` on top of `lower`. */
export function overlay(lower: Folder, upper: Folder): Folder {
  const merged = folder();
  if (!upper.isOpaque) for (const [name, node] of lower.entries) merged.entries.set(name, node);
  for (const [name, node] of upper.entries) {
    const below = merged.entries.get(name);
    if (node.kind === 'whiteout') merged.entries.delete(name);
    else
      merged.entries.set(
        name,
        node.kind === 'folder' ? overlay(below?.kind === 'folder' ? below : folder(), node) : node,
      );
  }
  return merged;
}

/** Path and text of every file; no link is followed. */
export function filesIn(place: Folder, path = ''): [string, string][] {
  return [...place.entries].flatMap(([name, node]): [string, string][] => {
    const here = path === '' ? name : `${path}/${name}`;
    if (node.kind === 'folder') return filesIn(node, here);
    return node.kind === 'file' ? [[here, node.text]] : [];
  });
}

export const emptyTree = folder;
