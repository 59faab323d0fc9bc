/** As many links as Linux follows (path_resolution(7)): more lead round in a circle. */
const MAX_FOLLOWED = 40;
/** Bytes of paths. Beyond, paths are taken as they are written: no layer has so many links. */
const MAX_BYTES = 32 * 1024 * 1024;
const ENTRY_BYTES = 128;
/** Links deeper than that are not followed: looking for them would take longer than reading the layer. */
const MAX_DEPTH = 64;

/** The symbolic links of one archive, in the order they come: what unpacks it follows them where a later path goes through one. */
export class FolderLinks {
  readonly #targets = new Map<string, string>();
  #bytes = 0;
  /** Entries of one folder come one after the other. */
  #folder = '';
  #real = '';

  add(path: string, target: string): void {
    if (path === target || this.#bytes >= MAX_BYTES) return;
    this.#targets.set(path, target);
    this.#bytes += path.length + target.length + ENTRY_BYTES;
    this.#folder = '';
  }

  /** Another file or a folder is at this path now. */
  remove(path: string): void {
    if (this.#targets.delete(path)) this.#folder = '';
  }

  /** Where a path lies once the links above it are followed; paths are relative to the root. */
  real(path: string): string {
    if (this.#targets.size === 0) return path;
    const cut = path.lastIndexOf('/');
    if (cut < 0) return path;
    const folder = path.slice(0, cut);
    if (folder !== this.#folder) {
      this.#real = this.#follow(folder);
      this.#folder = folder;
    }
    if (this.#real === folder) return path;
    return this.#real === '' ? path.slice(cut + 1) : this.#real + path.slice(cut);
  }

  #follow(folder: string): string {
    let place = folder;
    for (let followed = 0; followed < MAX_FOLLOWED; followed += 1) {
      const next = this.#step(place);
      if (next === undefined) return place;
      place = next;
    }
    return folder;
  }

  /** With the first link from the root on followed. */
  #step(folder: string): string | undefined {
    for (let cut = folder.indexOf('/'), depth = 0; depth < MAX_DEPTH; cut = folder.indexOf('/', cut + 1), depth += 1) {
      const target = this.#targets.get(cut < 0 ? folder : folder.slice(0, cut));
      if (target !== undefined) return `${target}${cut < 0 ? '' : folder.slice(cut)}`.replace(/^\//, '');
      if (cut < 0) return undefined;
    }
    return undefined;
  }
}
