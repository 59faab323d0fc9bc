import type { SbomDocument } from '../../domain/sbom/document.ts';
import { writeSpdxJson } from './spdx2/write-json.ts';

/** SPDX 2.3 JSON in UTF-8, whole: what evidence is made of. Equal documents give equal bytes. */
export function writeSpdx(document: SbomDocument): Uint8Array {
  return new TextEncoder().encode([...writeSpdxJson(document)].join(''));
}
