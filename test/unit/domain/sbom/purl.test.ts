import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPurl, type PurlParts, parsePurl } from '../../../../domain/sbom/purl.ts';
import { testData } from '../../../fixtures/test-data.ts';

interface PurlCase {
  description: string;
  test_type: 'parse' | 'build' | 'validate';
  input: string | (PurlParts & { subpath: string | null });
  expected_output: string | null;
  expected_failure: boolean;
}

const vectors = testData('vectors.tar.gz');

/** The types our catalogers make. */
const types = ['deb', 'npm', 'pypi', 'maven', 'oci', 'golang'];

function builds(type: string): PurlCase[] {
  if (vectors === undefined) return [];
  const file = path.join(vectors, `purl-spec/tests/types/${type}-test.json`);
  const { tests } = JSON.parse(readFileSync(file, 'utf8')) as { tests: PurlCase[] };
  return tests.filter(({ test_type, input }) => test_type === 'build' && typeof input === 'object');
}

describe.skipIf(vectors === undefined)('the purl specification’s own cases', () => {
  test.each(types.flatMap((type) => builds(type).map((one) => [`${type}: ${one.description}`, one] as const)))(
    '%s',
    (_name, { input, expected_output, expected_failure }) => {
      if (typeof input === 'string' || input.subpath) return;
      const parts: PurlParts = {
        type: input.type,
        name: input.name,
        ...(input.namespace ? { namespace: input.namespace } : {}),
        ...(input.version ? { version: input.version } : {}),
        ...(input.qualifiers ? { qualifiers: input.qualifiers } : {}),
      };
      if (expected_failure) expect(() => createPurl(parts)).toThrow();
      else expect(createPurl(parts)).toBe(expected_output);
    },
  );
});

test.each([
  // packageurl-js leaves the plus raw, which reads back as a space in some tools.
  [
    { type: 'deb', namespace: 'debian', name: 'g++', version: '4:12.2.0-3+b1' },
    'pkg:deb/debian/g%2B%2B@4:12.2.0-3%2Bb1',
  ],
  [
    {
      type: 'deb',
      namespace: 'debian',
      name: 'libc6',
      version: '2.36',
      qualifiers: { arch: 'amd64', distro: undefined },
    },
    'pkg:deb/debian/libc6@2.36?arch=amd64',
  ],
  [{ type: 'npm', namespace: '@scope', name: 'a', version: '1.0.0+build' }, 'pkg:npm/%40scope/a@1.0.0%2Bbuild'],
])('createPurl(%o)', (parts, expected) => {
  expect(createPurl(parts)).toBe(expected);
  const { type, name, version } = parsePurl(expected);
  expect({ type, name, version }).toEqual({ type: parts.type, name: parts.name, version: parts.version });
});

test('a purl longer than any package has is refused before it is parsed', () => {
  expect(() => parsePurl(`pkg:npm/${'a'.repeat(5000)}`)).toThrow(TypeError);
});
