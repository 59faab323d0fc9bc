import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReport } from '../../../../../domain/advisory/report/read-report.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../../fixtures/scanner-reports/${name}`, import.meta.url), 'utf8');
const read = (name: string) => {
  const { scanner, version, findings } = readReport(fixture(name));
  return { scanner: `${scanner} ${version}`.trim(), count: findings.length, first: findings[0] };
};

describe('reports as scanners write them', () => {
  test.each([
    ['grype-ghsa.json', 'grype 0.65.1', 2],
    ['grype-keycloak.json', 'grype 0.66.0', 6],
    ['trivy-debian-buster.json', 'trivy', 2],
    ['trivy-npm.json', 'trivy', 1],
    ['trivy-pom.json', 'trivy', 2],
    ['trivy-alpine.sarif', 'Trivy dev', 3],
    ['grype-directory.sarif', 'grype 0.0.0-dev', 2],
    ['osv-scanner.sarif', 'osv-scanner 2.5.0', 4],
  ])('%s', (name, scanner, count) => {
    expect(read(name)).toMatchObject({ scanner, count });
  });

  test('Grype: names of the vulnerability, package, fix', () => {
    expect(read('grype-ghsa.json').first).toEqual({
      ids: ['GHSA-cfh5-3ghh-wfjx', 'CVE-2014-3577'],
      purl: 'pkg:maven/org.apache.httpcomponents/httpclient@4.1.1',
      ...{ name: 'httpclient', version: '4.1.1', severity: 'medium', fixedIn: ['4.3.5'] },
    });
  });

  test('Trivy: names of the distribution too', () => {
    const { findings } = readReport(fixture('trivy-debian-buster.json'));
    expect(findings[1]).toEqual({
      ids: ['CVE-2019-18224', 'DSA-4613-1'],
      purl: 'pkg:deb/debian/libidn2-0@2.0.5-1?arch=amd64&distro=debian-10.1',
      ...{ name: 'libidn2-0', version: '2.0.5-1', severity: 'critical', fixedIn: ['2.0.5-1+deb10u1'] },
    });
  });

  test.each([
    ['trivy-alpine.sarif', 'CVE-2019-1549', 'libcrypto1.1', '1.1.1c-r0', 'medium', ['1.1.1d-r0']],
    ['grype-directory.sarif', 'CVE-1999-0001', 'package-1', '1.1.1', 'high', []],
    ['osv-scanner.sarif', 'CVE-2018-1000656', 'flask', '0.12', 'unknown', []],
  ])('SARIF, %s: the package is in a sentence', (file, id, name, version, severity, fixedIn) => {
    expect(read(file).first).toMatchObject({ ids: expect.arrayContaining([id]), name, version, severity, fixedIn });
  });

  test('SARIF: purls of a rule, and other names', () => {
    expect(readReport(fixture('grype-directory.sarif')).findings[1]?.purl).toBe('pkg:deb/package-2@2.2.2');
    expect(read('osv-scanner.sarif').first?.ids).toEqual(['CVE-2018-1000656', 'PYSEC-2018-66', 'GHSA-562c-5r94-xh97']);
  });

  const [config, manifest] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  const run = (properties: object) => ({ tool: { driver: { name: 'Trivy' } }, results: [], properties });
  test.each<[scanner: string, report: object, about: string[]]>([
    [
      'Grype of an image',
      {
        ...{ matches: [], descriptor: { name: 'grype' } },
        source: {
          type: 'image',
          target: { imageID: config, manifestDigest: manifest, repoDigests: [`host/a@${manifest}`] },
        },
      },
      [config, manifest],
    ],
    [
      'Grype of a folder',
      { matches: [], descriptor: { name: 'grype' }, source: { type: 'directory', target: '/a' } },
      [],
    ],
    [
      'Trivy of an image',
      {
        ...{ SchemaVersion: 2, ArtifactName: 'host/a:1' },
        Metadata: { ImageID: config, RepoDigests: [`host/a@${manifest}`] },
      },
      [config, manifest],
    ],
    ['Trivy by digest', { SchemaVersion: 2, ArtifactName: `host/a@${manifest}` }, [manifest]],
    ['SARIF of Trivy', { version: '2.1.0', runs: [run({ imageID: config, repoDigests: [] })] }, [config]],
    ['SARIF that does not say', { version: '2.1.0', runs: [run({})] }, []],
  ])('%s: which image it is about', (_, report, about) => {
    expect(readReport(JSON.stringify(report)).about).toEqual(about);
  });

  test('a SARIF log of something else has no finding of ours', () => {
    const result = { ruleId: 'aws-access-key-id', message: { text: 'a secret' } };
    const log = { version: '2.1.0', runs: [{ tool: { driver: { name: 'secrets' } }, results: [result] }] };
    expect(readReport(JSON.stringify(log)).findings).toEqual([]);
  });
});

describe('what is no report is an error, never a scanner that found nothing', () => {
  test.each([
    ['', 'REPORT_NOT_JSON'],
    ['{', 'REPORT_NOT_JSON'],
    ['{}', 'REPORT_UNKNOWN_FORMAT'],
    ['[]', 'REPORT_UNKNOWN_FORMAT'],
    ['null', 'REPORT_UNKNOWN_FORMAT'],
    ['{"descriptor":{"name":"syft"}}', 'REPORT_UNKNOWN_FORMAT'],
    ['{"descriptor":{"name":"grype"}}', 'REPORT_INVALID'],
    ['{"descriptor":{"name":"grype"},"matches":{}}', 'REPORT_INVALID'],
    ['{"SchemaVersion":1,"Results":[]}', 'REPORT_INVALID'],
    ['{"version":"2.0.0","runs":[]}', 'REPORT_INVALID'],
    ['{"version":"2.1.0","runs":[{}]}', 'REPORT_INVALID'],
  ])('%s', (text, code) => {
    expect(() => readReport(text)).toThrow(expect.objectContaining({ name: 'ReportError', code }));
  });

  test('whatever a field holds', () => {
    const documents = ['grype-ghsa.json', 'trivy-npm.json', 'osv-scanner.sarif'].map(fixture);
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.nat(), fc.json(), (document, place, json) => {
        const values = [...document.matchAll(/(?<=: )(?:"[^"]*"|\d+)(?=,?\n)/g)];
        const chosen = values[place % values.length]!;
        const text = `${document.slice(0, chosen.index)}${json}${document.slice(chosen.index + chosen[0].length)}`;
        try {
          readReport(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ReportError' });
        }
      }),
    );
  });

  test('a sentence of a megabyte costs nothing', () => {
    const text = `Package '${'a@'.repeat(500_000)}' is vulnerable to 'CVE-2024-1111'`;
    const run = {
      tool: { driver: { name: 'x' } },
      results: Array(50).fill({ ruleId: 'CVE-2024-1111', message: { text } }),
    };
    expect(readReport(JSON.stringify({ version: '2.1.0', runs: [run] })).findings).toHaveLength(50);
  });
});
