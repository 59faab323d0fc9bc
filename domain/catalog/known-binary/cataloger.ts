import { createPurl } from '../../sbom/purl.ts';
import type { BinaryCataloger, BinaryScan, BinaryWindow } from '../binary-cataloger.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { type Signature, signatures } from './signatures.ts';

/** Bytes around the rare text that the pattern may need. */
const BEFORE = 64;
const BEHIND = 160;
/** Places of the rare text that are looked at in one window. */
const MAX_PLACES = 2000;
/** Bytes matched at once where there is no rare text; patterns are far shorter than what two pieces share. */
const PIECE = 1024 * 1024;
const SHARED = 256;

/** Well-known programs by the version they say. What a package of the system owns is told by that package instead. */
export const knownBinaryCataloger: BinaryCataloger = {
  name: 'known-binary',
  open({ path }) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    const candidates = signatures.filter((signature) => signature.file.test(file));
    return candidates.length === 0 ? undefined : new SignatureScan(file, candidates);
  },
};

class SignatureScan implements BinaryScan {
  readonly #file: string;
  readonly #candidates: readonly Signature[];
  #found: FoundComponent | undefined;

  constructor(file: string, candidates: readonly Signature[]) {
    this.#file = file;
    this.#candidates = candidates;
  }

  window(window: BinaryWindow): 'more' | 'enough' {
    for (const signature of this.#candidates) {
      const version = findVersion(window, signature, this.#file);
      if (version === undefined) continue;
      this.#found = toComponent(signature.name, version, signature.confidence);
      return 'enough';
    }
    return 'more';
  }

  finish(): readonly FoundComponent[] {
    return this.#found === undefined ? [] : [this.#found];
  }
}

function findVersion(window: BinaryWindow, { near, pattern }: Signature, file: string): string | undefined {
  const rare = typeof near === 'function' ? near(file) : near;
  if (rare === undefined) return matchAll(window, pattern);
  let at = window.indexOf(rare);
  for (let count = 0; at >= 0 && count < MAX_PLACES; count += 1) {
    const version = pattern.exec(window.latin1(Math.max(0, at - BEFORE), at + BEHIND))?.[1];
    if (version !== undefined) return version;
    at = window.indexOf(rare, at + 1);
  }
  return undefined;
}

function matchAll(window: BinaryWindow, pattern: RegExp): string | undefined {
  for (let at = 0; at < window.bytes.length; at += PIECE - SHARED) {
    const version = pattern.exec(window.latin1(at, Math.min(window.bytes.length, at + PIECE)))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

export function toComponent(name: string, version: string, confidence: number): FoundComponent {
  return {
    purl: createPurl({ type: 'generic', name, version }),
    ecosystem: 'generic',
    advisoryName: name,
    name,
    version,
    advisoryVersion: version,
    licences: [],
    hashes: [],
    dependsOn: [],
    requires: [],
    foundBy: 'known-binary',
    confidence,
  };
}
