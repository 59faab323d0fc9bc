/**
 * The shape of a cataloger of executables: programs and libraries that carry what they were made of, or a version to be
 * recognised by. They are found by what they are, not by their path, and may be too large to hold in memory.
 */
import type { FoundComponent } from './layer-findings.ts';

/** By the first bytes: ELF, PE (`MZ`), Mach-O of either order and width, or universal; everything else is `other`. */
export type ExecutableFormat = 'elf' | 'pe' | 'mach-o' | 'other';

/** A file that may be executed by its mode, or is an executable or a library by its first bytes. */
export interface Executable {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly format: ExecutableFormat;
  /** The first HEAD_BYTES of the file, or all of a smaller one. Not to be kept or changed. */
  readonly head: Uint8Array;
}

/** Bytes of `Executable.head`. */
export const HEAD_BYTES = 512;
/** A file up to this size comes in one window: the whole of it. */
export const WHOLE_BYTES = 32 * 1024 * 1024;
/** What a window repeats of the one before it: nothing up to this length is ever cut in two. */
export const OVERLAP_BYTES = 256 * 1024;

/** A part of a file, valid until the call it was given to returns: copy what is kept. */
export interface BinaryWindow {
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the file. */
  readonly offset: number;
  /**
   * The first place of `text` in `bytes` (not in the file) at `from` or behind it, or -1. One byte a character, latin1:
   * `'\xff Go buildinf:'`. Runs at the speed of memory: search for what is rare, then look around it.
   */
  indexOf(text: string, from?: number): number;
  /** A part of `bytes`, one character a byte, to match regular expressions against. */
  latin1(start: number, end: number): string;
}

/** One file being read by one cataloger. */
export interface BinaryScan {
  /**
   * The next part of the file: the whole of it up to WHOLE_BYTES, else several, in order, each of which begins
   * OVERLAP_BYTES before the end of the one before. Returns whether more is wanted.
   * Throws a CatalogError where the file is broken.
   */
  window(window: BinaryWindow): 'more' | 'enough';
  /** Called once, after the last window. Throws a CatalogError where the file should hold something and is broken. */
  finish(): readonly FoundComponent[];
}

/**
 * Looks at executables. Every binary cataloger that opens a file sees it, and their components are put together. Files that
 * a cataloger of `catalogers.ts` wants by their path are not offered. Up to WHOLE_BYTES, headers and sections can be
 * followed in any direction (`window.bytes.length === file.size`); a larger file passes by once, to be searched.
 *
 * @example
 * const goBinaryCataloger: BinaryCataloger = {
 *   name: 'go-binary',
 *   open: (file) => (file.format === 'other' ? undefined : new BuildInfoScan(file)),
 * };
 * class BuildInfoScan implements BinaryScan {
 *   #found: FoundComponent[] = [];
 *   window({ bytes, indexOf }) {
 *     const at = indexOf('\xff Go buildinf:');
 *     if (at < 0) return 'more';
 *     this.#found = parseBuildInfo(bytes.subarray(at));
 *     return 'enough';
 *   }
 *   finish = () => this.#found;
 * }
 */
export interface BinaryCataloger {
  /** Shown as `foundBy`. */
  readonly name: string;
  /** Called for every executable with its head: keep it cheap. `undefined` where the file is none of this cataloger's. */
  open(file: Executable): BinaryScan | undefined;
}
