import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexSchema, manifestSchema } from '../../../../domain/artifact/descriptor.ts';
import { readPlainIndex, readPlainManifest } from '../../../../domain/artifact/plain-manifest.ts';

const descriptor = {
  ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${'a'.repeat(64)}`, size: 7 },
  ...{ platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, artifactType: 'a/b', annotations: { k: 'v' } },
};
const shared = {
  schemaVersion: 2,
  mediaType: 'm/n',
  artifactType: 'o/p',
  subject: descriptor,
  annotations: { a: 'b' },
};
const manifest = { layers: [descriptor, descriptor], config: descriptor, ...shared };
const index = { ...shared, manifests: [descriptor] };

describe.each([
  ['manifest', manifest, readPlainManifest, manifestSchema],
  ['index', index, readPlainIndex, indexSchema],
])('a plain %s', (_, whole, readPlain, schema) => {
  it('is what the schema makes of it, in the same order', () => {
    const small = Object.fromEntries(Object.entries(whole).filter(([name]) => /V|config|layers|manifests/.test(name)));
    for (const one of [whole, small]) {
      expect(readPlain(one)).toBeDefined();
      expect(JSON.stringify(readPlain(one))).toBe(JSON.stringify(schema.parse(one)));
    }
  });

  /** Every place in a document: its names from the top. */
  const places = (value: unknown, above: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? [above, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...above, name]))]
      : [above];
  const strange = fc.oneof(
    fc.constantFrom<unknown>(null, true, 1, -1, 0.5, 2 ** 53, '', 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(256), []),
    fc.constantFrom<unknown>({}, { a: 1 }, { stranger: 'x' }, `sha256:${'b'.repeat(64)}`, `sha256:${'B'.repeat(64)}`),
    fc.constant(JSON.parse('{"__proto__":"x","constructor":"y"}') as unknown),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const spoilt = (where: string[], value: unknown, name: string | undefined): unknown => {
    const copy: unknown = structuredClone(whole);
    let at = copy as Record<string, unknown>;
    for (const step of where.slice(0, -1)) at = at[step] as Record<string, unknown>;
    const last = name ?? where.at(-1);
    if (last === undefined) return value;
    // As JSON.parse does it, whatever the name is.
    Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
    return copy;
  };

  it('is left to the schema where the schema refuses it, or leaves something out', () => {
    const seen = { read: 0, left: 0 };
    const names = fc.constantFrom(undefined, undefined, 'stranger', '__proto__', 'subject', 'os', 'layers');
    fc.assert(
      fc.property(fc.constantFrom(...places(whole)), strange, names, (where, value, name) => {
        const one = spoilt(where, value, name);
        const plain = readPlain(one);
        seen[plain === undefined ? 'left' : 'read'] += 1;
        if (plain !== undefined) expect(JSON.stringify(plain)).toBe(JSON.stringify(schema.parse(one)));
      }),
      // 57 to 77 of a thousand were read.
      { numRuns: 2000 },
    );
    expect(Math.min(seen.read, seen.left)).toBeGreaterThan(50);
  });
});
