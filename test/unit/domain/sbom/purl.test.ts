import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPurl, type PurlParts, parsePurl } from '../../../../domain/sbom/purl.ts';
import { PurlError } from '../../../../domain/sbom/purl-error.ts';
import { testData } from '../../../fixtures/test-data.ts';

interface RawParts {
  type: string;
  namespace: string | null;
  name: string | null;
  version: string | null;
  qualifiers: Record<string, string> | null;
  subpath: string | null;
}

interface PurlCase {
  description: string;
  test_type: 'parse' | 'build' | 'validate';
  input: string | RawParts;
  expected_output: string | RawParts | null;
  expected_failure: boolean;
}

const vectors = testData('vectors.tar.gz');
const folder = vectors === undefined ? undefined : path.join(vectors, 'purl-spec/tests/types');

/** The suite itself takes these in its cases of validation, as it should: names of qualifiers ignore case. */
const takenAnyway = new Set([
  'pkg:gem/jruby-launcher@1.1.2?Platform=java',
  'pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25',
]);

function cases(): [string, PurlCase][] {
  if (folder === undefined) return [];
  return readdirSync(folder).flatMap((file) => {
    const { tests } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { tests: PurlCase[] };
    return tests.map((one): [string, PurlCase] => [`${file}: ${one.test_type}: ${JSON.stringify(one.input)}`, one]);
  });
}

function partsOf(input: RawParts): PurlParts {
  return {
    type: input.type,
    name: input.name ?? '',
    ...(input.namespace ? { namespace: input.namespace } : {}),
    ...(input.version ? { version: input.version } : {}),
    ...(input.qualifiers ? { qualifiers: input.qualifiers } : {}),
    ...(input.subpath ? { subpath: input.subpath } : {}),
  };
}

describe.skipIf(folder === undefined)('every case of the purl specification', () => {
  test('there are some', () => expect(cases().length).toBeGreaterThan(300));

  test.each(cases())('%s', (_name, { input, expected_output, expected_failure }) => {
    const run = (): unknown => {
      if (typeof input !== 'string') return createPurl(partsOf(input));
      const parts = parsePurl(input);
      return typeof expected_output === 'string' ? createPurl(parts) : parts;
    };
    if (takenAnyway.has(String(input))) {
      expect(run).not.toThrow();
    } else if (expected_failure) {
      expect(run).toThrow(PurlError);
    } else if (expected_output !== null && typeof expected_output === 'object') {
      const { type, ...expected } = partsOf(expected_output);
      expect(run()).toEqual({ ...expected, type });
    } else if (expected_output !== null) {
      expect(run()).toBe(expected_output);
    }
  });
});

test('what is made of any parts reads back as the same parts', () => {
  const word = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.toWellFormed());
  const name = word.filter((text) => !/^(?:\.{0,2}|.*\/.*)$/s.test(text));
  fc.assert(
    fc.property(name, fc.option(name), fc.option(word), fc.option(word), (given, namespace, version, value) => {
      const parts: PurlParts = {
        type: 'generic',
        name: given,
        ...(namespace === null ? {} : { namespace }),
        ...(version === null ? {} : { version }),
        ...(value === null ? {} : { qualifiers: { key: value } }),
      };
      const made = createPurl(parts);
      expect(made).toMatch(/^[\w.~:%@/?=+&#-]+$/);
      expect(parsePurl(made)).toEqual(parts);
    }),
  );
});

test('any text is a package URL, or a PurlError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `pkg:npm/${text}`),
      ),
      (text) => {
        try {
          expect(parsePurl(createPurl(parsePurl(text)))).toEqual(parsePurl(text));
        } catch (error) {
          expect(error).toBeInstanceOf(PurlError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  // A raw plus reads back as a space in some tools.
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
  expect(() => parsePurl(`pkg:npm/${'a'.repeat(5000)}`)).toThrow(PurlError);
});
