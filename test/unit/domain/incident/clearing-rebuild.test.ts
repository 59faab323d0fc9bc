import { expect, test } from 'vitest';
import { judgeRebuild, type Vouching } from '../../../../domain/incident/clearing-rebuild.ts';
import type { ArtifactFact, SelectorKind } from '../../../../domain/incident/selector.ts';

const facts = (...given: [SelectorKind, string][]): ArtifactFact[] => given.map(([kind, value]) => ({ kind, value }));
const first = facts(['builder', 'one'], ['host', 'h1'], ['signer', 'key:1']);
const second = facts(['builder', 'two'], ['host', 'h2'], ['signer', 'key:2']);
const byFirst: Vouching = { builder: 'one', host: 'h1', signer: 'key:1', inputsByHash: true };
const bySecond: Vouching = { builder: 'two', host: 'h2', signer: 'key:2', inputsByHash: true };

test.each<[SelectorKind, string]>([
  ['builder', 'one'],
  ['host', 'h1'],
  ['signer', 'key:1'],
])('another builder, host and key clear a %s', (kind, value) => {
  expect(judgeRebuild({ kind, value }, 'identical', [...first, ...second], [byFirst, bySecond])).toEqual({
    clears: true,
  });
});

// A rebuild meant to clear a malicious commit: it builds to the same bytes as often as one likes.
test.each<[SelectorKind, string]>([
  ['commit', 'a'.repeat(40)],
  ['source', 'https://git.test/shop'],
  ['component', 'pkg:npm/left-pad@1.3.0'],
  ['layer', `sha256:${'a'.repeat(64)}`],
  ['digest', `sha256:${'a'.repeat(64)}`],
])('nobody clears a %s', (kind, value) => {
  expect(judgeRebuild({ kind, value }, 'identical', [...first, ...second], [byFirst, bySecond])).toEqual({
    clears: false,
    why: `the same bytes say nothing about a ${kind}: it goes into every build`,
  });
});

test.each<[string, ArtifactFact[], string]>([
  ['the same builder again', first, 'builder'],
  ['the same builder under another name', [...first, ...facts(['builder', 'two'])], 'host'],
  ['another builder with the same key', [...first, ...facts(['builder', 'two'], ['host', 'h2'])], 'signer'],
  ['nobody who says who he is', [], 'builder'],
])('%s clears nothing', (_, known, missing) => {
  expect(judgeRebuild({ kind: 'builder', value: 'one' }, 'identical', known, [byFirst, bySecond])).toEqual({
    clears: false,
    why: `no other ${missing} vouches for it`,
  });
});

test('other bytes clear nothing', () => {
  const judged = judgeRebuild(
    { kind: 'builder', value: 'one' },
    'different',
    [...first, ...second],
    [byFirst, bySecond],
  );
  expect(judged).toEqual({ clears: false, why: 'it was rebuilt to other bytes' });
});

// Whoever serves packages serves the same ones to every builder.
test.each<[string, Vouching[]]>([
  ['nobody', []],
  ['only the one in question', [byFirst, { ...bySecond, inputsByHash: false }]],
])('where %s shows that inputs were checked by hash, nothing is cleared', (_, vouchings) => {
  expect(judgeRebuild({ kind: 'builder', value: 'one' }, 'identical', [...first, ...second], vouchings)).toEqual({
    clears: false,
    why: 'no other builder shows that all it fetched was checked by hash',
  });
});
