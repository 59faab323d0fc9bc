/** SPDX 3.0.1 as JSON-LD (https://spdx.github.io/spdx-spec/v3.0.1/serializations/). */
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { jsonLines, openObject } from '../json-lines.ts';
import { elementsOf } from './elements.ts';

const CONTEXT = 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld';

/** Pieces of one JSON text that ends with a newline, one element a line. Equal documents give equal texts. */
export function* writeSpdx3Json(document: SbomDocument): Generator<string> {
  yield `${openObject({ '@context': CONTEXT })},\n  "@graph": `;
  yield* jsonLines(elementsOf(document));
  yield '\n}\n';
}
