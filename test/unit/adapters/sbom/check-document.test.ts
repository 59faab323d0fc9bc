import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { componentFactsSchema, factChecks } from '../../../../adapters/sbom/component-facts.ts';
import {
  isPlainComponent,
  isPlainDependency,
  isPlainRest,
} from '../../../../adapters/sbom/cyclonedx/check-document.ts';
import { componentSchema, dependencySchema, restSchema } from '../../../../adapters/sbom/cyclonedx/document-schema.ts';

const entity = { name: 'n', url: ['u'], contact: [{ name: 'n', email: 'e' }] };
const component = {
  ...{ type: 'library', name: 'n', group: 'g', version: '1', description: 'd', 'bom-ref': 'r', purl: 'pkg:npm/n@1' },
  ...{ scope: 'required', supplier: entity, publisher: 'p', author: 'a', manufacturer: { ...entity, url: 'u' } },
  hashes: [{ alg: 'SHA-256', content: 'c' }],
  licenses: [{ expression: 'MIT' }, { license: { id: 'MIT', name: 'MIT' } }],
  evidence: { occurrences: [{ location: 'l' }] },
  properties: [{ name: 'n', value: 'v' }],
  components: [1],
};
const rest = {
  specVersion: '1.6',
  metadata: {
    ...{ timestamp: 't', component, properties: component.properties, authors: entity.contact, tools: [] },
    ...{ supplier: entity, manufacturer: entity, manufacture: entity },
  },
};

/** Every place in a document: its names from the top. */
const places = (value: unknown, above: string[] = []): string[][] =>
  typeof value === 'object' && value !== null
    ? [above, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...above, name]))]
    : [above];

const strange = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, 0, 0.5, 2, Number.NaN, '', 'x', 'optional', 'npm', 'tag', [], {}),
  fc.constantFrom(64, 100, 256, 1000, 4096).chain((most) => fc.constantFrom('x'.repeat(most), 'x'.repeat(most + 1))),
  fc.constantFrom<unknown>(['x'], [1], ['x'.repeat(4097)], Array(1000).fill('x'), Array(1001).fill('x'), [null], [{}]),
  fc.constantFrom<unknown>(
    { name: 1 },
    { name: null },
    [{ name: 'x', value: 1 }],
    { license: [] },
    { occurrences: {} },
  ),
  fc.constantFrom<unknown>({ occurrences: Array(10_001).fill({}) }, { occurrences: [[]] }, { id: 1 }, { url: [1] }),
);

describe.each([
  ['component', component, isPlainComponent, componentSchema],
  ['dependency', { ref: 'r', dependsOn: ['a', 'b'] }, isPlainDependency, dependencySchema],
  ['document without its lists', rest, isPlainRest, restSchema],
])('a CycloneDX %s', (_, whole, isPlain, schema) => {
  it('is plain where the schema takes it, and only there', () => {
    const seen = { plain: 0, other: 0 };
    expect(isPlain(whole)).toBe(true);
    expect(schema.parse(whole)).toEqual(whole);
    fc.assert(
      fc.property(fc.constantFrom(...places(whole)), strange, fc.boolean(), (where, value, isRemoved) => {
        const copy: unknown = structuredClone(whole);
        let at = copy as Record<string, unknown>;
        for (const step of where.slice(0, -1)) at = at[step] as Record<string, unknown>;
        const last = where.at(-1);
        if (last !== undefined && isRemoved && !Array.isArray(at)) delete at[last];
        else if (last !== undefined) at[last] = value;
        const one = last === undefined ? value : copy;
        const { success } = schema.safeParse(one);
        expect(isPlain(one)).toBe(success);
        seen[success ? 'plain' : 'other'] += 1;
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.plain, seen.other)).toBeGreaterThan(50);
  });
});

it('facts of a component are those that their schema takes, in its order', () => {
  expect(Object.keys(factChecks)).toEqual(Object.keys(componentFactsSchema.shape));
  const names = Object.keys(factChecks) as (keyof typeof factChecks)[];
  fc.assert(
    fc.property(fc.constantFrom(...names), strange, (name, value) => {
      const { success } = componentFactsSchema.shape[name].safeParse(value);
      expect(value === undefined || factChecks[name](value)).toBe(success);
    }),
    { numRuns: 1000 },
  );
});
