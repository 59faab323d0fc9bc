import type { BinaryCataloger, BinaryScan, BinaryWindow, Executable } from '../binary-cataloger.ts';
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';
import { MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { depsComponents } from './deps-components.ts';
import { BUNDLE_SIGNATURE, type FilePlace, PLACE_BYTES, parseBundleHeader } from './parse-bundle-header.ts';
import { PassingJson } from './passing-json.ts';

const NAME = 'dotnet-bundle';
const LIBRARY = /\.(?:so|dll|dylib)(?:\.|$)/;
const MAX_DEPS_BYTES = 4 * MEBIBYTE;

/** Programs of .NET that were published as a single file, by the deps.json inside of them. */
export const dotnetBundleCataloger: BinaryCataloger = {
  name: NAME,
  // What carries a program is a program; most of what is executable are libraries.
  open: (file) => (file.format === 'other' || LIBRARY.test(file.path) ? undefined : new BundleScan(file)),
};

class BundleScan implements BinaryScan {
  readonly #file: Executable;
  /** The host comes first, then the files, and the header last. */
  #header: number | undefined;
  readonly #passing = new PassingJson('"runtimeTarget"', MAX_DEPS_BYTES);
  #deps: Uint8Array | undefined;

  constructor(file: Executable) {
    this.#file = file;
  }

  window(window: BinaryWindow): 'more' | 'enough' {
    const { bytes, offset } = window;
    this.#header ??= findPlace(window, this.#file.size);
    if (this.#header === undefined) return 'more';
    const at = this.#header - offset;
    const isWhole = bytes.length === this.#file.size;
    if (!isWhole) this.#passing.pass(window);
    if (at >= bytes.length) return 'more';
    try {
      const place = parseBundleHeader(bytes, at);
      this.#deps = place === undefined ? undefined : this.#read(window, place);
      return 'enough';
    } catch (error) {
      // What is cut by a window's end comes whole in the next.
      const isCut = error instanceof CatalogError && error.code === 'TRUNCATED';
      if (isCut && offset + bytes.length < this.#file.size) return 'more';
      throw error;
    }
  }

  finish(): readonly FoundComponent[] {
    return this.#deps === undefined ? [] : depsComponents(decodeJson(this.#deps), NAME);
  }

  #read({ bytes, offset }: BinaryWindow, place: FilePlace): Uint8Array {
    if (place.size > MAX_DEPS_BYTES)
      throw new CatalogError('TOO_MANY', `a deps.json of more than ${MAX_DEPS_BYTES} bytes`);
    if (place.offset + place.size > this.#file.size)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a program in a single file whose deps.json lies elsewhere');
    if (place.offset >= offset)
      return new Uint8Array(new ByteView(bytes, true).slice(place.offset - offset, place.size));
    const passed = this.#passing.found(place.offset, place.size);
    if (passed === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'no deps.json where its header says');
    return passed;
  }
}

/** Where the header is, in the file: behind the host. Tools that look for the signature have it with anything before. */
function findPlace(window: BinaryWindow, size: number): number | undefined {
  for (let at = window.indexOf(BUNDLE_SIGNATURE); at >= 0; at = window.indexOf(BUNDLE_SIGNATURE, at + 1)) {
    if (at < PLACE_BYTES) continue;
    const place = new ByteView(window.bytes, true).u64(at - PLACE_BYTES);
    if (place > window.offset + at && place < size) return place;
  }
  return undefined;
}
