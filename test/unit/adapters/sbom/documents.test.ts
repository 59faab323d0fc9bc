import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { Ajv2019 } from 'ajv/dist/2019.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../../../adapters/sbom/sbom-error.ts';
import { takeDirectoryStock } from '../../../../adapters/sbom/take-directory-stock.ts';
import { writeCycloneDx } from '../../../../adapters/sbom/write-cyclonedx.ts';
import { writeSpdx } from '../../../../adapters/sbom/write-spdx.ts';
import type { Stock } from '../../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../../domain/sbom/document.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { sampleDocument, sampleStock } from './sample-stock.ts';

const vectors = testData('vectors.tar.gz');
const clone = path.resolve(import.meta.dirname, '../../../..');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const empty: Stock = { components: [], unreadable: [], complete: true };

/** Validating hundreds of packages takes seconds on a busy machine. */
const SLOW = 60_000;

async function cloneDocument(): Promise<SbomDocument> {
  return { ...sampleDocument, stock: await takeDirectoryStock(clone) };
}

describe.each([
  ['CycloneDX', writeCycloneDx],
  ['SPDX', writeSpdx],
])('%s', (_format, write) => {
  test('reads back as what was written', () => {
    expect(readSbom(write(sampleDocument))).toEqual(sampleStock);
  });

  test('an empty stock reads back as an empty, complete stock', () => {
    expect(readSbom(write({ ...sampleDocument, stock: empty }))).toEqual(empty);
  });

  test(
    'hundreds of real packages read back',
    async () => {
      const document = await cloneDocument();
      expect(document.stock.components.length).toBeGreaterThan(300);
      expect(readSbom(write(document))).toEqual(document.stock);
    },
    SLOW,
  );

  test('the same document gives the same bytes, another stock another serial number', () => {
    const bytes = text(write(sampleDocument));
    expect(text(write(structuredClone(sampleDocument)))).toBe(bytes);
    const [uuid] = /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/.exec(bytes) ?? [];
    expect(uuid).toBeDefined();
    expect(text(write({ ...sampleDocument, stock: { ...sampleStock, complete: true } }))).not.toContain(uuid);
    expect(text(write({ ...sampleDocument, created: '2025-01-01T00:00:00Z' }))).toContain(uuid);
  });
});

test('both formats list the same components', () => {
  expect(readSbom(writeSpdx(sampleDocument)).components).toEqual(readSbom(writeCycloneDx(sampleDocument)).components);
});

describe('valid by their schemas', () => {
  const documents = async (): Promise<SbomDocument[]> => [
    sampleDocument,
    { ...sampleDocument, stock: empty, subject: { kind: 'application', name: 'folder with spaces / and ü' } },
    await cloneDocument(),
  ];

  test(
    'CycloneDX 1.6',
    async () => {
      const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
      for (const document of await documents())
        expect(await validator.validate(text(writeCycloneDx(document)))).toBeNull();
      // The validator has to be able to say no.
      expect(
        await validator.validate('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": 1}'),
      ).not.toBeNull();
    },
    SLOW,
  );

  test.skipIf(vectors === undefined)(
    'SPDX 2.3',
    async () => {
      const file = path.join(vectors ?? '', 'spdx-spec/2.3.1/schemas/spdx-schema.json');
      const validate = new Ajv2019({ strict: false, allErrors: true }).compile(
        JSON.parse(readFileSync(file, 'utf8')) as object,
      );
      for (const document of await documents()) {
        validate(JSON.parse(text(writeSpdx(document))));
        expect(validate.errors).toBeNull();
      }
      expect(validate({ spdxVersion: 'SPDX-2.3' })).toBe(false);
    },
    SLOW,
  );
});

describe.skipIf(vectors === undefined)('documents others wrote', () => {
  const folders = ['1.4', '1.5', '1.6'].map((version) =>
    path.join(vectors ?? '', 'cyclonedx/tools/src/test/resources', version),
  );
  const files =
    vectors === undefined
      ? []
      : folders.flatMap((folder) =>
          readdirSync(folder)
            .filter((file) => /^valid-.*\.json$/.test(file))
            .map((file) => path.join(folder, file)),
        );

  test('there are many', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  test.each(files.map((file) => [path.basename(file), file]))('%s', (_name, file) => {
    const stock = readSbom(readFileSync(file));
    expect(stock.complete).toBe(true);
    for (const { purl } of stock.components) expect(purl).toMatch(/^pkg:[a-z]/);
  });

  test('the SPDX specification’s example', () => {
    const file = path.join(vectors ?? '', 'spdx-spec/2.3.1/examples/SPDXJSONExample-v2.3.spdx.json');
    const names = readSbom(readFileSync(file)).components.map(({ name }) => name);
    expect(names).toContain('Jena');
    expect(names.length).toBeGreaterThan(1);
  });
});

test('a source package named by Syft’s "upstream" is what advisories are asked for', () => {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    components: [
      {
        type: 'library',
        name: 'libc6',
        version: '2.36-9',
        purl: 'pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc%402.36-8',
      },
      { type: 'file', name: '/etc/passwd' },
      { type: 'library', name: 'no purl', components: [{ type: 'library', group: 'g', name: 'inner', version: '1' }] },
    ],
  };
  const { components } = readSbom(new TextEncoder().encode(JSON.stringify(document)));
  expect(
    components.map(({ name, ecosystem, advisoryName, advisoryVersion, release }) => ({
      name,
      ecosystem,
      advisoryName,
      advisoryVersion,
      release,
    })),
  ).toEqual([
    { name: 'libc6', ecosystem: 'Debian', advisoryName: 'glibc', advisoryVersion: '2.36-8', release: '12' },
    { name: 'g/inner', ecosystem: 'generic', advisoryName: 'g/inner', advisoryVersion: '1', release: undefined },
    { name: 'no purl', ecosystem: 'generic', advisoryName: 'no purl', advisoryVersion: '', release: undefined },
  ]);
});

test.each([
  ['', 'SBOM_NOT_JSON'],
  ['{"bomFormat": "CycloneDX", "specVersion": "1.6", "comp', 'SBOM_NOT_JSON'],
  ['[]', 'SBOM_UNKNOWN_FORMAT'],
  ['{"hello": "world"}', 'SBOM_UNKNOWN_FORMAT'],
  ['{"bomFormat": "CycloneDX", "specVersion": "9.0"}', 'SBOM_UNSUPPORTED_VERSION'],
  ['{"spdxVersion": "SPDX-3.0"}', 'SBOM_UNSUPPORTED_VERSION'],
  ['{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library"}]}', 'SBOM_INVALID'],
  ['{"spdxVersion": "SPDX-2.3", "packages": [{}]}', 'SBOM_INVALID'],
  [
    `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": ${'[{"type": "library", "name": "a", "components": '.repeat(50)}[]${'}]'.repeat(50)}}`,
    'SBOM_TOO_LARGE',
  ],
])('%.70s is refused with %s', (document, code) => {
  expect(() => readSbom(new TextEncoder().encode(document))).toThrow(
    expect.objectContaining({ name: 'SbomError', code }),
  );
});

test('any JSON in the place of a document is read or refused, never a crash', () => {
  const heads = [{ bomFormat: 'CycloneDX', specVersion: '1.6' }, { spdxVersion: 'SPDX-2.3' }];
  const keys = [
    'components',
    'dependencies',
    'metadata',
    'packages',
    'relationships',
    'annotations',
    'documentDescribes',
  ];
  const document = fc
    .tuple(fc.constantFrom(...heads), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 5 })))
    .map(([head, rest]) => JSON.stringify({ ...rest, ...head }));
  fc.assert(
    fc.property(document, (json) => {
      try {
        readSbom(new TextEncoder().encode(json));
      } catch (error) {
        if (!(error instanceof SbomError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
