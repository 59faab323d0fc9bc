import { expect, test } from 'vitest';
import { isInRange, parseVersionRange } from '../../../../domain/affected/version-range.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';

test.each<[ecosystem: Ecosystem, version: string, range: string, inside: boolean | undefined]>([
  ['npm', '4.17.20', '<4.17.21', true],
  ['npm', '4.17.21', '<4.17.21', false],
  ['npm', '4.17.21', '<=4.17.21', true],
  ['npm', '4.17.21', '>4.17.20', true],
  ['npm', '4.17.20', '>4.17.20', false],
  ['npm', '4.17.20', '>=4.17.20', true],
  ['npm', '4.17.20', '=4.17.20', true],
  ['npm', '4.17.20', '!=4.17.20', false],
  // As numbers, not as text.
  ['npm', '4.9.0', '>=4.10.0', false],
  ['npm', '5.0.0', '>=4.0.0,<4.17.21', false],
  ['npm', '4.1.0', '>=4.0.0,<4.17.21', true],
  ['Debian', '1:1.0-1', '<2.0', false],
  ['npm', 'latest', '<2.0.0', undefined],
  ['generic', '1.0', '<2.0', undefined],
])('%s %s %s: %s', (ecosystem, version, range, inside) => {
  expect(isInRange(ecosystem, version, parseVersionRange(range))).toBe(inside);
});
