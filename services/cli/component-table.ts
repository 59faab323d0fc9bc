import type { Component, Stock } from '../../domain/sbom/component.ts';
import { licenceText } from '../../domain/sbom/licence.ts';
import { printable } from './printable.ts';

const MAX_LICENCE_LENGTH = 40;

/** Components as aligned text, one line each, and a last line with the count. */
export function formatComponentTable({ components }: Stock): string {
  if (components.length === 0) return 'no components found\n';
  const rows = [['NAME', 'VERSION', 'TYPE', 'SCOPE', 'LICENCE', 'FOUND AT'], ...components.map((one) => cells(one))];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n${components.length} component${components.length === 1 ? '' : 's'}\n`;
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
