import { plural } from '../../domain/plural.ts';
import type { Component, Stock } from '../../domain/sbom/component.ts';
import { licenceText } from '../../domain/sbom/licence.ts';
import { alignedLine } from './aligned-table.ts';
import { printable } from './printable.ts';

const MAX_LICENCE_LENGTH = 40;

const HEAD = ['NAME', 'VERSION', 'TYPE', 'SCOPE', 'LICENCE', 'FOUND AT'];

/** Pieces of components as aligned text, one line each, and a last line with the count. */
export function* formatComponentTable({ components }: Stock): Generator<string> {
  if (components.length === 0) {
    yield 'no components found\n';
    return;
  }
  // Twice over, and never all rows at once: there may be a million.
  const widths = HEAD.map(({ length }) => length);
  for (const one of components)
    for (const [column, cell] of cells(one).entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  yield alignedLine(HEAD, widths);
  for (const one of components) yield alignedLine(cells(one), widths);
  yield `\n${plural(components.length, 'component')}\n`;
}

function cells(component: Component): string[] {
  const licence = component.licences.map((claim) => licenceText(claim)).join(', ');
  const [first, ...others] = component.locations;
  return [
    component.name,
    component.version,
    component.ecosystem,
    component.scope,
    licence.length > MAX_LICENCE_LENGTH ? `${licence.slice(0, MAX_LICENCE_LENGTH - 1)}…` : licence || '-',
    `${first?.path ?? '-'}${others.length === 0 ? '' : ` (+${others.length})`}`,
  ].map((cell) => printable(cell));
}
