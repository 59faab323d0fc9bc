/** What holds a million components: lists that are packed, sorted in runs, and named by numbers. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_KEPT_BYTES } from '../../../../adapters/sbom/document-limits.ts';
import { createGrouping } from '../../../../adapters/sbom/group-by-key.ts';
import { createKeptBudget } from '../../../../adapters/sbom/kept-budget.ts';
import { createPackedList } from '../../../../adapters/sbom/packed-list.ts';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';
import { createReferenceEdges } from '../../../../adapters/sbom/reference-edges.ts';
import { createTextTable } from '../../../../adapters/sbom/text-table.ts';

const pad = 'x'.repeat(5000);
const tooLarge = expect.objectContaining({ name: 'SbomError', code: 'SBOM_TOO_LARGE' });

describe('a packed list', () => {
  const values = Array.from({ length: 200 }, (_, index) => ({ index, pad: `${index}${pad}` }));
  const packed = () => {
    const list = createPackedList<(typeof values)[number]>(createKeptBudget());
    for (const value of values) list.add(JSON.stringify(value));
    return list;
  };

  test('is an array like any other, and can not be written to', () => {
    const seen = packed().seen();
    expect(seen.length).toBe(200);
    expect([...seen]).toEqual(values);
    expect(seen.map(({ index }) => index)).toEqual(values.map(({ index }) => index));
    expect([seen[199], seen[0], seen[77], seen[200]]).toEqual([values[199], values[0], values[77], undefined]);
    expect(seen.toReversed()[0]).toEqual(values[199]);
    expect(JSON.parse(JSON.stringify(seen))).toEqual(values);
    expect(Array.isArray(seen)).toBe(true);
    expect(() => (seen as unknown[]).push(1)).toThrow(TypeError);
    expect(packed().seen().slice(198)).toEqual(values.slice(198));
  });

  test('gives its memory back as it is drained', () => {
    let kept = 0;
    const list = createPackedList<{ index: number }>({
      take: (bytes) => {
        kept += bytes;
      },
      giveBack: (bytes) => {
        kept -= bytes;
      },
    });
    for (const value of values) list.add(JSON.stringify(value));
    expect(kept).toBeGreaterThan(0);
    expect(Array.from(list.drain(), ({ index }) => index)).toEqual(values.map(({ index }) => index));
    expect(kept).toBe(0);
  });
});

test('groups come in the order of their keys, and values in theirs, in one run or in many', () => {
  const entries = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'a/', '\ud800', '\ue000', 'é', '10'), fc.boolean()), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(entries, (all) => {
      const grouping = createGrouping<{ at: number; pad: string }>(createKeptBudget(), 1000);
      // Half a mebibyte each: nine are a run.
      for (const [at, [key, isLong]] of all.entries())
        grouping.add(key, { at, pad: isLong ? 'y'.repeat(500_000) : '' });
      const found = Array.from(grouping.groups(), ({ key, values }) => [key, values.map(({ at }) => at)]);
      const expected = [...Map.groupBy(all.entries(), ([, [key]]) => key)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, group]) => [key, group.map(([at]) => at)]);
      expect(found).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});

test('more values of one key than may be in memory together are refused', () => {
  const grouping = createGrouping<number>(createKeptBudget(), 2);
  for (const value of [1, 2, 3]) grouping.add('a', value);
  expect(() => [...grouping.groups()]).toThrow(tooLarge);
});

test('a table of texts gives every text one number, and the number its text', () => {
  const texts = fc.uniqueArray(
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\udc00', '\ufffd')),
  );
  fc.assert(
    fc.property(texts, (all) => {
      const table = createTextTable();
      const ids = all.map((text) => table.add(text));
      expect(ids).toEqual(all.map((_, index) => index));
      expect(all.map((text) => [table.add(text), table.find(text), table.isNew(text)])).toEqual(
        ids.map((id) => [id, id, false]),
      );
      expect(ids.map((id) => table.textOf(id))).toEqual(all);
    }),
    { numRuns: 20 },
  );
  const table = createTextTable();
  for (let at = 0; at < 5000; at += 1) table.add(`text ${at}`);
  expect([table.textOf(4999), table.find('text 4999'), table.find('text 5000')]).toEqual([
    'text 4999',
    4999,
    undefined,
  ]);
});

test('edges are told before what they lead to, and lead nowhere else', () => {
  const edges = createReferenceEdges(createKeptBudget());
  edges.add('1', '2');
  edges.add('1', '3');
  edges.add('1', '2');
  edges.add('1', '1');
  edges.add('1', 'nowhere');
  edges.add('nowhere', '1');
  edges.know('3', 'pkg:a');
  edges.know('2', 'pkg:b');
  edges.know('1', 'pkg:c');
  expect(['pkg:a', 'pkg:b', 'pkg:c', 'pkg:d'].map((purl) => edges.targetsOf(purl))).toEqual([
    [],
    [],
    ['pkg:a', 'pkg:b'],
    [],
  ]);
});

test('what is kept has a bound', () => {
  const budget = createKeptBudget();
  budget.take(MAX_KEPT_BYTES);
  expect(() => budget.take(1)).toThrow(tooLarge);
});

describe('a document too large for objects', () => {
  const count = 40_000;
  const purl = (index: number): string => `pkg:npm/package-${String(index).padStart(6, '0')}@1.0.${index % 10}`;
  const component = (index: number): string =>
    `{"type": "library", "bom-ref": "c${index}", "name": "package", "version": "1.0.${index % 10}", "purl": "${purl(index)}", "hashes": [{"alg": "SHA-256", "content": "${String(index).padStart(64, '0')}"}]}`;
  // Backwards, and two of them twice.
  const order = [...Array.from({ length: count }, (_, index) => count - 1 - index), 7, 39_999];
  const text = `{"bomFormat": "CycloneDX", "specVersion": "1.6", "dependencies": [{"ref": "c7", "dependsOn": ["c39999", "c0"]}], "components": [${order.map(component).join(',')}]}`;
  const { components } = readSbom(new TextEncoder().encode(text));

  test('has every component once, in the order of purls, with what it depends on', () => {
    expect(components.length).toBe(count);
    let at = 0;
    for (const one of components) {
      if (one.purl !== purl(at)) expect(one.purl).toBe(purl(at));
      at += 1;
    }
    expect(at).toBe(count);
    expect(components[7]).toMatchObject({
      dependsOn: [purl(0), purl(39_999)],
      locations: [{ path: 'c7' }],
      hashes: [{ algorithm: 'SHA-256', value: '7'.padStart(64, '0') }],
    });
  });
});

test.each([
  ['values in one element', `{"x": [${'0,'.repeat(1_000_000)}0]}`],
  [
    'characters kept of one component',
    `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a", "evidence": {"occurrences": [{"location": "${'p'.repeat(1_100_000)}"}]}}]}`,
  ],
])('too many %s are refused', (_what, document) => {
  expect(() => readSbom(new TextEncoder().encode(document))).toThrow(tooLarge);
});

test('a name that no package URL has room for is refused, and is no crash', () => {
  const document = `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "${'語'.repeat(900)}"}]}`;
  expect(() => readSbom(new TextEncoder().encode(document))).toThrow(
    expect.objectContaining({ name: 'SbomError', code: 'SBOM_INVALID' }),
  );
});
