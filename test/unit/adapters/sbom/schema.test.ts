/** What is written is valid by the formats' own schemas, and the validators can say no. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { takeDirectoryStock } from '../../../../adapters/sbom/take-directory-stock.ts';
import type { Stock } from '../../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../../domain/sbom/document.ts';
import { spdx3Schema } from '../../../fixtures/spdx3-schema.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { arbitraryDocument } from './arbitrary-stock.ts';
import { sampleDocument } from './sample-stock.ts';
import { writeDocument } from './written-documents.ts';

const clone = path.resolve(import.meta.dirname, '../../../..');
const vectors = testData('vectors.tar.gz');
const empty: Stock = { components: [], unreadable: [], complete: true };
const SLOW = 120_000;

/** Control characters and halves of surrogate pairs, as a hostile archive may have them in its paths. */
const odd: SbomDocument = {
  ...sampleDocument,
  subject: { kind: 'application', name: 'folder with spaces / and ü' },
  stock: {
    ...sampleDocument.stock,
    components: sampleDocument.stock.components.map((one) => ({
      ...one,
      supplier: 'a\u0000\u001b[2J\ud800<x>',
      hashes: [{ algorithm: 'SHA-1' as const, value: 'not hexadecimal' }],
      locations: [{ path: 'a\u0000\r\n\tb\ud800]]>&' }],
    })),
  },
};

const documents: SbomDocument[] = [
  sampleDocument,
  { ...sampleDocument, stock: empty },
  odd,
  ...fc.sample(arbitraryDocument, { numRuns: 20, seed: 7 }),
];

beforeAll(async () => {
  documents.push({ ...sampleDocument, stock: await takeDirectoryStock(clone) });
}, SLOW);

describe.each(['1.5', '1.6', '1.7'] as const)('CycloneDX %s', (version) => {
  test(
    'JSON',
    async () => {
      const validator = new Validation.JsonStrictValidator(version as Spec.Version);
      for (const document of documents)
        expect(await validator.validate(await writeDocument('cyclonedx-json', version, document))).toBeNull();
      expect(
        await validator.validate(`{"bomFormat": "CycloneDX", "specVersion": "${version}", "components": 1}`),
      ).not.toBeNull();
    },
    SLOW,
  );

  test(
    'XML',
    async () => {
      const folder = path.join(clone, 'node_modules/@cyclonedx/cyclonedx-library/res/schema');
      const schema = readFileSync(path.join(folder, `bom-${version}.SNAPSHOT.xsd`), 'utf8').replace(
        /schemaLocation="[^"]*spdx[^"]*"/,
        'schemaLocation="spdx.xsd"',
      );
      const spdx = readFileSync(path.join(folder, 'spdx.SNAPSHOT.xsd'), 'utf8');
      // All of them in one run: each starts a virtual machine.
      const validate = (contents: readonly string[]) =>
        validateXML({
          xml: contents.map((one, index) => ({ fileName: `${index}.xml`, contents: one })),
          schema: { fileName: 'bom.xsd', contents: schema },
          preload: { fileName: 'spdx.xsd', contents: spdx },
          initialMemoryPages: 2048,
          maxMemoryPages: 8192,
        });
      const written = await Promise.all(documents.map((document) => writeDocument('cyclonedx-xml', version, document)));
      const { valid, errors } = await validate(written);
      expect({ valid, errors }).toEqual({ valid: true, errors: [] });
      const wrong = (await writeDocument('cyclonedx-xml', version, sampleDocument)).replace('<scope>', '<scope>x');
      expect((await validate([wrong])).valid).toBe(false);
    },
    SLOW,
  );
});

test.skipIf(vectors === undefined)(
  'SPDX 2.3 JSON',
  async () => {
    const file = path.join(vectors ?? '', 'spdx-spec/2.3.1/schemas/spdx-schema.json');
    const validate = new Ajv2019({ strict: false, allErrors: true }).compile(
      JSON.parse(readFileSync(file, 'utf8')) as object,
    );
    for (const document of documents) {
      validate(JSON.parse(await writeDocument('spdx-json', '2.3', document)));
      expect(validate.errors).toBeNull();
    }
    expect(validate({ spdxVersion: 'SPDX-2.3' })).toBe(false);
  },
  SLOW,
);

// The schema comes with the SPDX project’s own library for Java, through Maven.
const spdx3 = await spdx3Schema();
test.skipIf(spdx3 === undefined)(
  'SPDX 3.0.1 JSON-LD',
  async () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(spdx3 ?? '') as object);
    for (const document of documents) {
      validate(JSON.parse(await writeDocument('spdx-json', '3.0.1', document)));
      expect(validate.errors).toBeNull();
    }
    const wrong = (await writeDocument('spdx-json', '3.0.1', sampleDocument)).replace(
      '"software_Package"',
      '"software_Packet"',
    );
    expect(validate(JSON.parse(wrong))).toBe(false);
  },
  SLOW,
);
