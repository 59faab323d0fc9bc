/** Documents others wrote, and what is none. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../../../adapters/sbom/sbom-error.ts';
import { testData } from '../../../fixtures/test-data.ts';

const vectors = testData('vectors.tar.gz');

describe.skipIf(vectors === undefined)('documents others wrote', () => {
  const versions = ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];
  const filesOf = (kind: 'valid' | 'invalid') =>
    versions.flatMap((version) => {
      const folder = path.join(vectors ?? '', 'cyclonedx/tools/src/test/resources', version);
      return readdirSync(folder)
        .filter((file) => file.startsWith(`${kind}-`) && /\.(?:json|xml)$/.test(file))
        .map((file) => [`${version} ${file}`, path.join(folder, file)] as const);
    });
  const valid = vectors === undefined ? [] : filesOf('valid');
  const invalid = vectors === undefined ? [] : filesOf('invalid');

  test('there are many', () => {
    expect(valid.length).toBeGreaterThan(300);
    expect(invalid.length).toBeGreaterThan(100);
  });

  test.each(valid)('%s', (_name, file) => {
    const stock = readSbom(readFileSync(file));
    expect(stock.complete).toBe(true);
    for (const { purl } of stock.components) expect(purl).toMatch(/^pkg:[a-z]/);
  });

  test.each(invalid)('%s is read as far as it is understood, or refused with a place', (_name, file) => {
    try {
      readSbom(readFileSync(file));
    } catch (error) {
      expect(error).toBeInstanceOf(SbomError);
      expect((error as SbomError).message.length).toBeLessThan(300);
    }
  });

  test.each([
    'valid-license-expression-with-text-1.7',
    'valid-license-declared-concluded-mix-1.7',
    'valid-component-hashes-1.6',
  ])('JSON and XML of %s say the same', (name) => {
    const folder = path.join(vectors ?? '', 'cyclonedx/tools/src/test/resources', name.slice(-3));
    const [json, xml] = ['json', 'xml'].map(
      (kind) => readSbom(readFileSync(path.join(folder, `${name}.${kind}`))).components,
    );
    expect(json?.flatMap(({ licences, hashes }) => [...licences, ...hashes]).length).toBeGreaterThan(0);
    expect(xml?.map(({ licences, hashes }) => ({ licences, hashes }))).toEqual(
      json?.map(({ licences, hashes }) => ({ licences, hashes })),
    );
  });

  const spdx3 =
    vectors === undefined
      ? []
      : readdirSync(path.join(vectors, 'spdx-examples'), { recursive: true, encoding: 'utf8' }).filter((file) =>
          /spdx3\.0\/.*\.json$/.test(file),
        );

  test('there are examples of SPDX 3', () => {
    expect(spdx3.length).toBeGreaterThan(15);
  });

  test('all of them are read, with their packages', () => {
    const found = spdx3.map(
      (file) => readSbom(readFileSync(path.join(vectors ?? '', 'spdx-examples', file))).components.length,
    );
    // One is about a file, and says nothing of packages.
    expect(found.filter((count) => count === 0)).toEqual([0]);
  });

  test('the SPDX specification’s example', () => {
    const file = path.join(vectors ?? '', 'spdx-spec/2.3.1/examples/SPDXJSONExample-v2.3.spdx.json');
    const names = readSbom(readFileSync(file)).components.map(({ name }) => name);
    expect(names).toContain('Jena');
    expect(names.length).toBeGreaterThan(1);
  });

  test('the SPDX specification’s example says the same in tags and values', async () => {
    const folder = path.join(vectors ?? '', 'spdx-spec/2.3.1/examples');
    const [json, tags] = ['SPDXJSONExample-v2.3.spdx.json', 'SPDXTagExample-v2.3.spdx'].map((file) =>
      readSbom(readFileSync(path.join(folder, file))).components.map(({ name, version, supplier, hashes }) => ({
        name,
        version,
        supplier,
        hashes,
      })),
    );
    expect(tags).toEqual(json);
  });
});

test('a source package named by Trivy is what advisories are asked for', () => {
  const property = (name: string, value: string) => ({ name: `aquasecurity:trivy:${name}`, value });
  const purl = 'pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12.1';
  const cycloneDx = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    components: [
      {
        ...{ type: 'library', name: 'libssl3', version: '3.0.9-1', purl, 'bom-ref': 'a' },
        properties: [
          property('SrcName', 'openssl'),
          property('SrcVersion', '3.0.8'),
          property('SrcRelease', '2'),
          property('SrcEpoch', '1'),
        ],
      },
    ],
  };
  const spdx = {
    spdxVersion: 'SPDX-2.3',
    packages: [
      {
        ...{ SPDXID: 'SPDXRef-a', name: 'libssl3', versionInfo: '3.0.9-1' },
        sourceInfo: 'built package from: openssl 1:3.0.8-2',
        externalRefs: [{ referenceType: 'purl', referenceLocator: purl }],
      },
    ],
  };
  for (const document of [cycloneDx, spdx])
    expect(readSbom(Buffer.from(JSON.stringify(document))).components).toMatchObject([
      { name: 'libssl3', advisoryName: 'openssl', advisoryVersion: '1:3.0.8-2', release: '12' },
    ]);
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

const npm = (name: string, version: string) => `pkg:npm/${name}@${version}`;
const spdx2 = (described: readonly string[], purls: readonly string[]) => ({
  spdxVersion: 'SPDX-2.3',
  documentDescribes: described,
  packages: purls.map((purl) => ({
    ...{ SPDXID: purl, name: purl },
    externalRefs: [{ referenceType: 'purl', referenceLocator: purl }],
  })),
});
const spdx3 = (described: readonly string[], purls: readonly string[]) => ({
  '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
  '@graph': [
    { type: 'SpdxDocument', spdxId: 'document', rootElement: described },
    ...purls.map((purl) => ({ type: 'software_Package', spdxId: purl, name: purl, software_packageUrl: purl })),
  ],
});

describe.each([
  ['SPDX 2.3', spdx2],
  ['SPDX 3.0.1', spdx3],
])('what a document of %s describes', (_name, write) => {
  const express = npm('express', '4.0.0');
  const lodash = npm('lodash', '4.17.15');
  const image = 'pkg:oci/shop@sha256:1?repository_url=example.com/shop';
  const ms = npm('ms', '2.1.3');

  test.each([
    ['one package is what it is about', [express], [express, ms], [ms]],
    ['one package, where there is nothing else', [express], [express], [express]],
    ['of several packages all are listed', [express, lodash], [express, lodash, ms], [express, lodash, ms]],
    ['an image among them is none', [image, lodash], [image, lodash, ms], [lodash, ms]],
    ['a file beside it makes no second package of it', [express, 'SPDXRef-File'], [express, ms], [ms]],
  ])('%s', (_what, described, purls, expected) => {
    const { components } = readSbom(Buffer.from(JSON.stringify(write(described, purls))));
    expect(components.map(({ purl }) => purl)).toEqual(expected);
  });
});

test('a version beside a purl that has none is that of the component', () => {
  const entry = (version: string, purl: string) => ({
    ...{ type: 'library', name: 'lodash', version, purl },
    'bom-ref': `${purl} ${version}`,
  });
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    components: [
      entry('4.17.15', 'pkg:npm/lodash'),
      entry('4.17.21', 'pkg:npm/lodash'),
      entry('^4.17.0', 'pkg:npm/lodash'),
      entry('4.17.20', 'pkg:npm/lodash@4.17.19'),
      entry('1:3.0.11-1', 'pkg:deb/debian/openssl?distro=debian-12'),
    ],
    dependencies: [{ ref: 'pkg:npm/lodash 4.17.21', dependsOn: ['pkg:npm/lodash 4.17.15'] }],
  };
  const { components } = readSbom(Buffer.from(JSON.stringify(document)));
  expect(
    components.map(({ purl, version, advisoryVersion, dependsOn }) => [purl, version, advisoryVersion, dependsOn]),
  ).toEqual([
    ['pkg:deb/debian/openssl@1:3.0.11-1?distro=debian-12', '1:3.0.11-1', '1:3.0.11-1', []],
    ['pkg:npm/lodash', '^4.17.0', '', []],
    ['pkg:npm/lodash@4.17.15', '4.17.15', '4.17.15', []],
    ['pkg:npm/lodash@4.17.19', '4.17.20', '4.17.19', []],
    ['pkg:npm/lodash@4.17.21', '4.17.21', '4.17.21', ['pkg:npm/lodash@4.17.15']],
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
    `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": ${'[{"type": "library", "name": "a", "components": '.repeat(200)}[]${'}]'.repeat(200)}}`,
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
