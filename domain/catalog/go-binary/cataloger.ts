import type { BinaryCataloger, BinaryScan, BinaryWindow, Executable } from '../binary-cataloger.ts';
import { CatalogError } from '../catalog-error.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { type BuildInfo, findModules, isPointed, MARK, readInline, readPointed } from './build-info.ts';
import { toGoComponents } from './package.ts';
import { parseModuleInfo } from './parse-module-info.ts';

/** Go programs, stripped or not: the modules they were built of stand in their data. */
export const goBinaryCataloger: BinaryCataloger = {
  name: 'go-binary',
  open: (file) => (file.format === 'other' ? undefined : new GoBinaryScan(file)),
};

class GoBinaryScan implements BinaryScan {
  readonly #file: Executable;
  #info: BuildInfo | undefined;
  /** Seen in passing, for programs before Go 1.18 that are too large to follow addresses in. */
  #modules: string | undefined;
  #pointed = false;

  constructor(file: Executable) {
    this.#file = file;
  }

  window(window: BinaryWindow): 'more' | 'enough' {
    const { bytes, offset } = window;
    const isWhole = bytes.length === this.#file.size;
    const isLast = offset + bytes.length === this.#file.size;
    for (let at = window.indexOf(MARK); at >= 0; at = window.indexOf(MARK, at + 1)) {
      this.#info = this.#read(window, at, { isWhole, isLast });
      if (this.#info !== undefined) return 'enough';
    }
    if (!isWhole) this.#modules ??= findModules(window);
    return 'more';
  }

  finish(): readonly FoundComponent[] {
    const info = this.#info ?? (this.#pointed ? { modules: this.#modules } : undefined);
    if (info === undefined) return [];
    return toGoComponents(
      info.modules === undefined ? undefined : parseModuleInfo(info.modules),
      'goVersion' in info ? info.goVersion : undefined,
    );
  }

  #read(
    window: BinaryWindow,
    at: number,
    { isWhole, isLast }: { readonly isWhole: boolean; readonly isLast: boolean },
  ): BuildInfo | undefined {
    try {
      const info = readInline(window, at);
      if (info !== undefined) return info;
      if (!isPointed(window, at)) return undefined;
      this.#pointed = true;
      return isWhole && this.#file.format === 'elf' ? readPointed(window.bytes, at) : undefined;
    } catch (error) {
      // What is cut by a window's end comes whole in the next.
      if (error instanceof CatalogError && error.code === 'TRUNCATED' && !isLast) return undefined;
      throw error;
    }
  }
}
