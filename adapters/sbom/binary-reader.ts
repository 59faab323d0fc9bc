/** Reads one file for the binary catalogers: looks at its head, and gives it to those that open it, in windows. */
import {
  type BinaryCataloger,
  type BinaryScan,
  type BinaryWindow,
  HEAD_BYTES,
  OVERLAP_BYTES,
  WHOLE_BYTES,
} from '../../domain/catalog/binary-cataloger.ts';
import { CatalogError } from '../../domain/catalog/catalog-error.ts';
import type { FileFacts, FoundComponent } from '../../domain/catalog/layer-findings.ts';
import { PurlError } from '../../domain/sbom/purl-error.ts';
import type { EntryReader } from '../archive/tar-parser.ts';
import { executableFormat } from './executable-format.ts';
import { indexOfText } from './index-of-text.ts';

/** Bytes of a window of a file that is not taken whole. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const EXECUTABLE_BITS = 0o111;
/** Kept between files: memory for windows, each as large as the largest file it was needed for. */
const spare: Buffer[] = [];

export interface BinaryFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/** Called once, if the file is an executable: what it says, or `undefined` where it says nothing to anybody. */
type Told = (facts: FileFacts | undefined) => void;

interface Reading {
  readonly cataloger: BinaryCataloger;
  readonly scan: BinaryScan;
  wantsMore: boolean;
  failure?: string;
}

export class BinaryReader implements EntryReader {
  readonly #file: BinaryFile;
  readonly #catalogers: readonly BinaryCataloger[];
  readonly #told: Told;
  #head: Buffer = Buffer.alloc(0);
  #readings: Reading[] | undefined;
  #buffer: Buffer | undefined;
  #filled = 0;
  /** Where the buffer begins in the file. */
  #offset = 0;

  constructor(file: BinaryFile, catalogers: readonly BinaryCataloger[], told: Told) {
    this.#file = file;
    this.#catalogers = catalogers;
    this.#told = told;
  }

  data(bytes: Buffer): boolean {
    if (this.#readings !== undefined) return this.#fill(bytes);
    const needed = Math.min(HEAD_BYTES, this.#file.size);
    this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    if (this.#head.length < needed) {
      // What was given is valid for this call only.
      this.#head = Buffer.from(this.#head);
      return true;
    }
    return this.#open(this.#head.subarray(0, needed)) && this.#fill(this.#head);
  }

  end(): void {
    if (this.#readings === undefined) return;
    this.#emit();
    this.#finish(this.#readings);
  }

  /** False where nobody wants the file: it is told, or no executable. */
  #open(head: Buffer): boolean {
    const { path, size, mode } = this.#file;
    const format = executableFormat(head);
    if (format === 'other' && (mode & EXECUTABLE_BITS) === 0) return false;
    this.#readings = this.#catalogers.flatMap((cataloger): Reading[] => {
      const scan = cataloger.open({ path, size, format, head });
      return scan === undefined ? [] : [{ cataloger, scan, wantsMore: true }];
    });
    if (this.#readings.length > 0) return true;
    this.#told(undefined);
    return false;
  }

  #fill(bytes: Buffer): boolean {
    const whole = this.#file.size <= WHOLE_BYTES;
    // A file that lies in one chunk is looked at where it is.
    if (whole && this.#filled === 0 && bytes.length === this.#file.size) {
      this.#window(bytes);
      return this.#goOn();
    }
    this.#buffer ??= takeSpare(whole ? this.#file.size : WINDOW_BYTES);
    const room = whole ? this.#file.size : WINDOW_BYTES;
    for (let from = 0; from < bytes.length; ) {
      const copied = bytes.copy(this.#buffer, this.#filled, from, from + room - this.#filled);
      this.#filled += copied;
      from += copied;
      if (!whole && this.#filled === room && !this.#slide(this.#buffer)) return this.#goOn();
    }
    return true;
  }

  #slide(buffer: Buffer): boolean {
    this.#emit();
    if (!this.#readings?.some(({ wantsMore }) => wantsMore)) return false;
    buffer.copyWithin(0, this.#filled - OVERLAP_BYTES, this.#filled);
    this.#offset += this.#filled - OVERLAP_BYTES;
    this.#filled = OVERLAP_BYTES;
    return true;
  }

  #emit(): void {
    if (this.#buffer !== undefined && this.#filled > 0) this.#window(this.#buffer.subarray(0, this.#filled));
  }

  #window(bytes: Buffer): void {
    const window: BinaryWindow = {
      bytes,
      offset: this.#offset,
      indexOf: (text, from = 0) => indexOfText(bytes, text, from),
      latin1: (start, end) => bytes.toString('latin1', start, end),
    };
    for (const reading of this.#readings ?? [])
      if (reading.wantsMore) reading.wantsMore = attempt(reading, () => reading.scan.window(window)) === 'more';
  }

  /** Ends early where nobody wants more. */
  #goOn(): boolean {
    const readings = this.#readings ?? [];
    if (readings.some(({ wantsMore }) => wantsMore)) return true;
    this.#finish(readings);
    return false;
  }

  #finish(readings: readonly Reading[]): void {
    if (this.#buffer !== undefined) spare.push(this.#buffer);
    this.#buffer = undefined;
    this.#readings = undefined;
    const components: FoundComponent[] = [];
    for (const reading of readings)
      if (reading.failure === undefined) components.push(...(attempt(reading, () => reading.scan.finish()) ?? []));
    const unreadable = readings.flatMap(({ failure }) => (failure === undefined ? [] : [{ reason: failure }]));
    if (unreadable.length > 0) this.#told({ kind: 'components', components, unreadable });
    else this.#told(components.length === 0 ? undefined : { kind: 'components', components });
  }
}

/** A broken file is told with its reason, and stops nobody else. */
function attempt<T>(reading: Reading, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof CatalogError || error instanceof PurlError)) throw error;
    reading.failure = `${reading.cataloger.name}: ${error.message}`;
    return undefined;
  }
}

function takeSpare(size: number): Buffer {
  const found = spare.pop();
  return found !== undefined && found.length >= size ? found : Buffer.allocUnsafeSlow(size);
}
