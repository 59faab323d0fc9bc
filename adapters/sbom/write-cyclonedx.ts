import type { SbomDocument } from '../../domain/sbom/document.ts';
import { writeCycloneDxJson } from './cyclonedx/write-json.ts';

/** CycloneDX 1.6 JSON in UTF-8, whole: what evidence is made of. Equal documents give equal bytes. */
export function writeCycloneDx(document: SbomDocument): Uint8Array {
  return new TextEncoder().encode([...writeCycloneDxJson(document, '1.6')].join(''));
}
