import type { BinaryCataloger, BinaryScan, BinaryWindow, Executable } from '../binary-cataloger.ts';
import { CatalogError } from '../catalog-error.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { type BuildInfo, findModules, isHeader, isPointed, MARK, readInline, readPointed } from './build-info.ts';
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
  /** Seen in passing, for programs before Go 1.18 whose addresses can not be followed: too large, no ELF, or wrong. */
  #modules: string | undefined;
  #failure: CatalogError | undefined;

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
    if (!isWhole || this.#failure !== undefined) this.#modules ??= findModules(window);
    return 'more';
  }

  finish(): readonly FoundComponent[] {
    const info = this.#info;
    if (info !== undefined)
      return toGoComponents(info.modules === undefined ? undefined : parseModuleInfo(info.modules), info.goVersion);
    if (this.#failure === undefined) return [];
    // What is there, wherever its addresses lead, is better than nothing; nothing is not what an honest program says.
    if (!this.#modules) throw this.#failure;
    return toGoComponents(parseModuleInfo(this.#modules), undefined);
  }

  /** Another mark may begin what can be read: what fails at this one is told at the end. */
  #read(
    window: BinaryWindow,
    at: number,
    { isWhole, isLast }: { readonly isWhole: boolean; readonly isLast: boolean },
  ): BuildInfo | undefined {
    try {
      const info = readInline(window, at);
      if (info !== undefined) return info;
      if (!isHeader(window, at)) return undefined;
      const canFollow = isPointed(window, at) && isWhole && this.#file.format === 'elf';
      const pointed = canFollow ? readPointed(window.bytes, at) : undefined;
      if (pointed === undefined)
        this.#failure ??= new CatalogError('UNEXPECTED_SHAPE', 'build information that can not be read');
      return pointed;
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      // What is cut by a window's end comes whole in the next.
      if (error.code !== 'TRUNCATED' || isLast) this.#failure ??= error;
      return undefined;
    }
  }
}
