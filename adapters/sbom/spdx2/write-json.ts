/** SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/). */
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { jsonLines, openObject } from '../json-lines.ts';
import { documentHead, extractedTexts, packagesOf, relationshipsOf } from './packages.ts';

/** Pieces of one JSON text that ends with a newline, one package a line. Equal documents give equal texts. */
export function* writeSpdxJson(document: SbomDocument): Generator<string> {
  yield `${openObject(documentHead(document))},\n  "packages": `;
  yield* jsonLines(packagesOf(document));
  yield ',\n  "relationships": ';
  yield* jsonLines(relationshipsOf(document));
  if (document.stock.components.some(({ licences }) => licences.some(({ kind }) => kind === 'unresolved'))) {
    yield ',\n  "hasExtractedLicensingInfos": ';
    yield* jsonLines(extractedTexts(document));
  }
  yield '\n}\n';
}
