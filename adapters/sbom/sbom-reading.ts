/** What an SBOM says, whoever wrote it, in our words. */
import type { BuildFact } from '../../domain/sbom/build-fact.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';

export interface SbomReading {
  /** For people: `CycloneDX 1.6 (JSON)`. */
  readonly format: string;
  /** Of a CycloneDX document, `urn:uuid:…` in small letters: what others link to its parts by. */
  readonly serialNumber?: string;
  readonly stock: Stock;
  /** What the document is about, where it says so. */
  readonly subject?: SbomSubject;
  /** RFC 3339, as the document says. */
  readonly created?: string;
  readonly build?: readonly BuildFact[];
  /** Who made the document, as SPDX writes it: `Tool: syft-1.2.3`, `Organization: Acme (sbom@acme.example)`. */
  readonly creators: readonly string[];
}

/** Takes one format's documents in, piece by piece. Methods throw a SbomError. */
export interface SbomCollector {
  /** Names of top-level lists whose elements it takes one at a time. */
  readonly lists: readonly string[];
  take(list: string, element: unknown): void;
  /** True where the rest of the document says that it is of this format, in whatever version. */
  recognises(rest: Readonly<Record<string, unknown>>): boolean;
  finish(rest: Readonly<Record<string, unknown>>): SbomReading;
}

/** Reads one document as it comes. Both methods throw a SbomError. */
export interface SbomReader {
  write(chunk: Uint8Array): void;
  end(): SbomReading;
}
