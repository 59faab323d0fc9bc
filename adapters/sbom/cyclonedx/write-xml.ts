/** CycloneDX 1.5 to 1.7 as XML (https://cyclonedx.org/docs/1.6/xml/): the library's elements, written one by one. */
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { type DependencyEntry, dependencyGraph } from './dependency-graph.ts';
import { toBom } from './model.ts';
import { type CycloneDxVersion, specificationOf } from './version.ts';
import { modelsOf } from './write-json.ts';
import { endTag, startTag, writeElement } from './xml-text.ts';

const UNSORTED = { sortLists: false };

/** Pieces of one XML text that ends with a newline, one component a line. Equal documents give equal texts. */
export function* writeCycloneDxXml(document: SbomDocument, version: CycloneDxVersion): Generator<string> {
  const factory = new Serialize.XML.Normalize.Factory(specificationOf(version));
  const root = factory.makeForBom().normalize(toBom(document), UNSORTED);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n${startTag(root)}\n`;
  const children = typeof root.children === 'object' ? root.children : [];
  for (const child of children)
    if (child.type === 'element' && child.name === 'metadata') yield `  ${writeElement(child)}\n`;
  yield '  <components>\n';
  const normalizer = factory.makeForComponent();
  for (const model of modelsOf(document)) {
    const element = normalizer.normalize(model, UNSORTED, 'component');
    if (element !== undefined) yield `    ${writeElement(element)}\n`;
  }
  yield '  </components>\n  <dependencies>\n';
  for (const entry of dependencyGraph(document)) yield `    ${writeElement(toElement(entry))}\n`;
  yield `  </dependencies>\n${endTag(root)}\n`;
}

function toElement({ ref, dependsOn }: DependencyEntry): Parameters<typeof writeElement>[0] {
  return {
    type: 'element',
    name: 'dependency',
    attributes: { ref },
    children: dependsOn.map((target) => ({ type: 'element', name: 'dependency', attributes: { ref: target } })),
  };
}
