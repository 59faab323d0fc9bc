/** What Syft 1.52.0 wrote of a small image: three packages of Debian, a jar, an npm and a Python package, and a broken jar. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { documentFormats } from '../../../../adapters/sbom/document-formats.ts';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';

const fixture = path.resolve(import.meta.dirname, '../../../fixtures/sbom/syft-1.52.0.json');
const bytes = readFileSync(fixture);
const stock = readSbom(bytes);
const layer = 'sha256:9321108ac921efe707e6c68750017d310b497c677aaa54f9a729ee30552ea899';

test('packages, with what is known of them', () => {
  expect(stock.components.map(({ purl }) => purl)).toEqual([
    'pkg:deb/debian/base-files@12.4%2Bdeb12u11?arch=amd64&distro=debian-12',
    'pkg:deb/debian/netbase@6.4?arch=all&distro=debian-12',
    'pkg:deb/debian/tzdata@2025b-0%2Bdeb12u2?arch=all&distro=debian-12',
    'pkg:maven/com.google.guava/failureaccess@1.0.2',
    'pkg:npm/ms@3.0.0-canary.1',
    'pkg:pypi/six@1.17.0',
  ]);
  const [base, , , jar, , six] = stock.components;
  expect(base).toMatchObject({
    ecosystem: 'Debian',
    release: '12',
    supplier: 'Santiago Vila <sanvila@debian.org>',
    locations: [{ path: '/var/lib/dpkg/status', layer }],
  });
  expect(jar).toMatchObject({
    advisoryName: 'com.google.guava:failureaccess',
    hashes: [{ algorithm: 'SHA-1', value: 'c4a06a64e650562f30b7bf9aaec1bfed43aca12b' }],
  });
  expect(six).toMatchObject({ licences: [{ kind: 'expression', expression: 'MIT' }] });
  expect(stock.operatingSystem).toMatchObject({ id: 'debian', versionId: '12' });
});

test('what Syft could not read is unknown here too', () => {
  expect(stock).toMatchObject({
    complete: false,
    unreadable: [{ path: '/app/lib/broken-1.0.jar', layer, reason: expect.stringContaining('not a valid zip file') }],
  });
});

test.each(documentFormats.flatMap(({ name, versions }) => versions.map((version) => [name, version] as const)))(
  'written as %s %s, it reads back',
  async (name, version) => {
    const write = await documentFormats.find((one) => one.name === name)?.load(version);
    const document = {
      subject: { kind: 'container' as const, name: 'small' },
      stock,
      created: '2026-01-01T00:00:00Z',
      toolVersion: '1',
    };
    const text = [...(write?.(document) ?? [])].join('');
    expect(readSbom(new TextEncoder().encode(text))).toEqual(stock);
  },
);
