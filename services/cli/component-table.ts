import type { Component, Stock } from '../../domain/sbom/component.ts';
import { licenceText } from '../../domain/sbom/licence.ts';
import { formatAligned } from './aligned-table.ts';
import { printable } from './printable.ts';

const MAX_LICENCE_LENGTH = 40;

/** Components as aligned text, one line each, and a last line with the count. */
export function formatComponentTable({ components }: Stock): string {
  if (components.length === 0) return 'no components found\n';
  const rows = [['NAME', 'VERSION', 'TYPE', 'SCOPE', 'LICENCE', 'FOUND AT'], ...components.map((one) => cells(one))];
  return `${formatAligned(rows)}\n${components.length} component${components.length === 1 ? '' : 's'}\n`;
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
