/** CycloneDX 1.5 to 1.7 as JSON (https://cyclonedx.org/docs/1.6/json/): the library's models, written one by one. */
import type * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { jsonLines, openObject } from '../json-lines.ts';
import { type DependencyEntry, dependencyGraph } from './dependency-graph.ts';
import { toBom, toModel, toSystemModel } from './model.ts';
import { type CycloneDxVersion, specificationOf } from './version.ts';

const UNSORTED = { sortLists: false };

/**
 * Pieces of one JSON text that ends with a newline, one component a line. Equal documents give equal texts, and memory does not
 * grow with the number of components.
 */
export function* writeCycloneDxJson(document: SbomDocument, version: CycloneDxVersion): Generator<string> {
  const factory = new Serialize.JSON.Normalize.Factory(specificationOf(version));
  const { components: _, dependencies: __, ...head } = factory.makeForBom().normalize(toBom(document), UNSORTED);
  const normalizer = factory.makeForComponent();
  const toJson = (model: Models.Component): string => JSON.stringify(normalizer.normalize(model, UNSORTED));
  yield `${openObject(head)},\n  "components": `;
  yield* jsonLines(modelsOf(document), toJson);
  yield ',\n  "dependencies": ';
  yield* jsonLines(dependencyGraph(document), entryToJson);
  yield '\n}\n';
}

/** Without an empty list: it says the same and is longer. */
function entryToJson({ ref, dependsOn }: DependencyEntry): string {
  return JSON.stringify(dependsOn.length === 0 ? { ref } : { ref, dependsOn });
}

/** The operating system, then every component. */
export function* modelsOf({ stock }: SbomDocument): Generator<Models.Component> {
  if (stock.operatingSystem !== undefined) yield toSystemModel(stock.operatingSystem);
  for (const component of stock.components) yield toModel(component);
}
