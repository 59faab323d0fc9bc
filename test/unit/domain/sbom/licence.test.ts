import { expect, test } from 'vitest';
import { toLicenceClaim } from '../../../../domain/sbom/licence.ts';

test.each([
  ['MIT', { kind: 'expression', expression: 'MIT' }],
  [' (MIT OR\n Apache-2.0) ', { kind: 'expression', expression: 'MIT OR Apache-2.0' }],
  [
    'GPL-2.0-only WITH Classpath-exception-2.0',
    { kind: 'expression', expression: 'GPL-2.0-only WITH Classpath-exception-2.0' },
  ],
  // Brackets around all of it are none in a document.
  ['((MIT OR ISC))', { kind: 'expression', expression: 'MIT OR ISC' }],
  ['(MIT) OR (ISC)', { kind: 'expression', expression: '(MIT) OR (ISC)' }],
  ['((MIT) OR (ISC))', { kind: 'expression', expression: '(MIT) OR (ISC)' }],
  ['((MIT OR ISC) AND Zlib)', { kind: 'expression', expression: '(MIT OR ISC) AND Zlib' }],
  ['(c) A (MIT)', { kind: 'unresolved', text: '(c) A (MIT)' }],
  ['()', { kind: 'unresolved', text: '()' }],
  ['((MIT))', { kind: 'expression', expression: 'MIT' }],
  ['mit', { kind: 'unresolved', text: 'mit' }],
  ['SEE LICENSE IN LICENSE.txt', { kind: 'unresolved', text: 'SEE LICENSE IN LICENSE.txt' }],
  // A reference has a meaning only in the document that defines it.
  ['LicenseRef-ours', { kind: 'unresolved', text: 'LicenseRef-ours' }],
  ['', undefined],
])('%j', (text, expected) => {
  expect(toLicenceClaim(text)).toEqual(expected);
});

test('brackets nested beyond any real expression do not exhaust the stack', () => {
  const claim = toLicenceClaim('('.repeat(1_000_000));
  expect(claim?.kind).toBe('unresolved');
  expect(claim).toHaveProperty('text.length', 1000);
});
