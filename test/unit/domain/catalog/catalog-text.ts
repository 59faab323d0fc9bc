import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import type { FileFacts } from '../../../../domain/catalog/layer-findings.ts';
import type { Component, Stock } from '../../../../domain/sbom/component.ts';

/** What the cataloger of that path says of a file. Throws where none wants it. */
export function catalogText(path: string, text: string): FileFacts | undefined {
  const cataloger = catalogerFor(path);
  if (cataloger?.kind !== 'file') throw new TypeError(`no cataloger of files wants ${path}`);
  return cataloger.catalog(path, new TextEncoder().encode(text));
}

export function catalogerWants(path: string): boolean {
  return catalogerFor(path) !== undefined;
}

/** The components of a tree of sources, by path and text. */
export function catalogTree(tree: Readonly<Record<string, string>>): readonly Component[] {
  return stockOfTree(tree).components;
}

export function stockOfTree(tree: Readonly<Record<string, string>>): Stock {
  const files = Object.entries(tree).map(([path, text]) => ({
    path,
    facts: catalogText(path, text) ?? { kind: 'components' as const, components: [] },
  }));
  return composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '' });
}

/** purl (decoded), scope, purls of what it depends on. */
export function brief(components: readonly Component[]): string[][] {
  return components.map(({ purl, scope, dependsOn }) => [purl, scope, ...dependsOn].map(decodeURIComponent));
}
