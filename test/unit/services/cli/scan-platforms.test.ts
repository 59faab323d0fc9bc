import { expect, test } from 'vitest';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import { applyVex } from '../../../../domain/advisory/vex/apply-vex.ts';
import { readVex } from '../../../../domain/advisory/vex/read-vex.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { writeCycloneDxScan } from '../../../../services/cli/scan-output/cyclonedx-json.ts';
import { writeJunit } from '../../../../services/cli/scan-output/junit.ts';
import { writeOpenVex } from '../../../../services/cli/scan-output/openvex.ts';
import type { ScannedPlatform, ScanReport } from '../../../../services/cli/scan-output/scan-report.ts';
import { component } from '../../domain/advisory/component.ts';

const digestOf = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;
const left = component('npm', 'left', '1.0.0', { purl: 'pkg:npm/left@1.0.0' });
const right = component('npm', 'right', '1.0.0', { purl: 'pkg:npm/right@1.0.0' });

const bad = (of: typeof left): Finding => ({
  ...{ advisory: `CVE-${of.name}`, aliases: [], summary: 'bad', severity: 'high' },
  ...{ purl: of.purl, name: of.name, version: of.version, locations: of.locations },
});

function platform(architecture: string, letter: string, found: readonly (typeof left)[]): ScannedPlatform {
  return {
    platform: `linux/${architecture}`,
    source: {
      platform: { os: 'linux', architecture },
      stock: { components: [left, right].filter((one) => found.includes(one)), unreadable: [], complete: true },
      subject: { kind: 'container', name: 'registry.example.com/shop', digest: digestOf(letter) },
    },
    result: {
      findings: found.map(bad),
      undecided: [],
      upgrades: [],
      database: { records: 0, digest: 'x', newest: undefined },
    },
  };
}

const report: ScanReport = {
  target: 'registry.example.com/shop',
  pathOf: (place) => place,
  describe: 'shop',
  whole: { kind: 'container', name: 'registry.example.com/shop', digest: digestOf('e') },
  platforms: [platform('amd64', 'a', [left]), platform('arm64', 'b', [left, right])],
  toolVersion: '1',
  scannedAt: '2026-01-01T00:00:00Z',
  reports: [],
};

const text = (written: ReturnType<typeof writeOpenVex>) => [...(written ?? '')].join('');

test('a statement of OpenVEX is about the images that have the component', () => {
  const { statements } = JSON.parse(text(writeOpenVex(report))) as {
    statements: { vulnerability: { name: string }; products: { '@id': string }[] }[];
  };
  const product = (letter: string) => `pkg:oci/shop@sha256%3A${letter.repeat(64)}`;
  expect(
    statements.map(({ vulnerability, products }) => [vulnerability.name, products.map((one) => one['@id'])]),
  ).toEqual([
    ['CVE-left', [product('a'), product('b')]],
    ['CVE-right', [product('b')]],
  ]);
});

test('a CycloneDX document of all platforms is about the index, and says which platform has what', () => {
  const { metadata, components } = JSON.parse(text(writeCycloneDxScan(report))) as {
    metadata: { component: { hashes?: unknown } };
    components: { name: string; properties: { name: string; value: string }[] }[];
  };
  expect(JSON.stringify(metadata.component)).toContain('e'.repeat(64));
  const platformsOf = ({ properties }: (typeof components)[number]) =>
    properties.filter(({ name }) => name.includes('platforms')).map(({ value }) => value);
  expect(components.map((one) => [one.name, platformsOf(one)])).toEqual([
    ['left', ['linux/amd64', 'linux/arm64']],
    ['right', ['linux/arm64']],
  ]);
});

test('of one platform that was asked for, it is about that image', () => {
  const { whole: _, ...one } = { ...report, platforms: report.platforms.slice(1) };
  expect(text(writeCycloneDxScan(one))).toContain('b'.repeat(64));
});

test('JUnit tells what was not read, and what does not count, as cases', () => {
  const [first] = report.platforms;
  if (first === undefined) throw new TypeError('there is one');
  const { source, result } = first;
  const empty = { components: [], unreadable: [], complete: true };
  const unread = { ...source.stock, unreadable: [{ path: '/a/b', reason: 'damaged' }], complete: false };
  const ignored = result.findings.map((one) => ({ ...one, ignored: { reason: 'of no use', expires: '2026-12-31' } }));
  const junit = text(
    writeJunit({
      ...report,
      platforms: [
        { ...first, source: { ...source, stock: unread }, result: { ...result, findings: ignored } },
        { ...first, source: { ...source, stock: empty }, result: { ...result, findings: [] } },
      ],
    }),
  );
  expect(junit).toContain('tests="2" failures="0" errors="1" skipped="1"');
  expect(junit).toContain('name="/a/b"><error type="unreadable" message="damaged"/>');
  expect(junit).toContain('<skipped message="ignored until 2026-12-31: of no use"/>');
  expect(junit).toContain('tests="1" failures="0" errors="1" skipped="0"');
});

test('what is written about a folder, completed by those who know it, holds for it', () => {
  const [first] = report.platforms;
  if (first === undefined) throw new TypeError('there is one');
  const subject = { kind: 'application', name: 'my shop' } as const;
  const folder = { ...report, platforms: [{ ...first, source: { ...first.source, subject } }] };
  const completed = text(writeOpenVex(folder)).replace('"under_investigation"', '"fixed"');
  const documents = [{ source: 'vex.json', statements: readVex(completed) }];
  const decided = (name: string) => applyVex(first.result.findings, documents, { name })[0]?.vex?.status;
  expect([decided('my shop'), decided('another')]).toEqual(['fixed', undefined]);
});
