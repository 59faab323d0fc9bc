/** What others say of findings: reports of other scanners, ignore files, VEX documents. */
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from 'vitest';
import { openVexErrors } from '../fixtures/openvex-errors.ts';
import { CLEAN, VULNERABLE, workplace } from './workplace.ts';

describe('reports of other scanners', () => {
  const match = (id: string, name: string, version: string) => ({
    vulnerability: { id, severity: 'High', fix: { versions: ['9.9.9'] } },
    relatedVulnerabilities: [],
    artifact: { name, version, purl: `pkg:npm/${name}@${version}` },
  });
  const grype = (...matches: object[]) =>
    JSON.stringify({ matches, descriptor: { name: 'grype', version: '0.110.0' } });

  test('are held against ours: by both, only there, only here; what only they have does not end with 1', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('grype.json', grype(match('CVE-2021-23337', 'lodash', '4.17.15'), match('CVE-2099-1', 'left-pad', '1.3.0')));
    const table = await run('scan', 'shop', '--report', 'grype.json');
    expect(table.out).toContain('Held against grype 0.110.0 (grype.json): 1 found by both, 1 only there, 1 only here.');
    expect(table.out).toContain('only there: high CVE-2099-1 in pkg:npm/left-pad@1.3.0, fixed in 9.9.9');
    const json = JSON.parse((await run('scan', 'shop', '--report', 'grype.json', '--json')).out);
    expect(json.reports).toMatchObject([
      { scanner: 'grype 0.110.0', agreed: 1, onlyTheirs: [{ ids: ['CVE-2099-1'] }], onlyOurs: [{}] },
    ]);
    const by = json.platforms[0].findings.map((one: { reportedBy?: string[] }) => one.reportedBy);
    expect(by).toEqual([['grype 0.110.0'], undefined]);
    write('clean/package-lock.json', CLEAN);
    expect(await run('scan', 'clean', '--report', 'grype.json', '--fail-on', 'low')).toMatchObject({ exit: 0 });
  });

  test.each([
    ['no JSON', 'x', 'not a JSON document'],
    ['another document', '{"bomFormat":"CycloneDX"}', 'neither a report of Grype'],
    ['half a report', '{"descriptor":{"name":"grype"}}', 'matches: '],
  ])('%s is refused', async (_, text, message) => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('report.json', text);
    expect(await run('scan', 'shop', '--report', 'report.json')).toMatchObject({
      ...{ exit: 2, out: '', err: expect.stringContaining(message) },
    });
  });
});

describe('decisions about findings', () => {
  const ignore = (id: string, expires: string) =>
    `ignore:\n  - { id: ${id}, reason: build time only, expires: ${expires} }\n`;

  test('an ignore file covers a finding until its last day, then it counts again', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('ignore.yaml', ignore('CVE-2021-23337', '2026-01-02'));
    const covered = await run('scan', 'shop', '--fail-on', 'high', '--ignore-file', 'ignore.yaml');
    expect(covered).toMatchObject({
      exit: 0,
      out: expect.stringContaining('ignored until 2026-01-02: build time only'),
    });
    expect(covered.err).not.toContain('cover nothing');
    expect(covered.out).toMatch(/1 finding \(1 medium\)/);
    write('ignore.yaml', ignore('CVE-2021-23337', '2026-01-01'));
    const over = await run('scan', 'shop', '--fail-on', 'high', '--ignore-file', 'ignore.yaml');
    expect(over).toMatchObject({ exit: 1, err: expect.stringContaining('ignored no longer, since 2026-01-01') });
  });

  test.each([
    ['without a reason', 'ignore: [{ id: CVE-2021-23337, expires: 2026-12-31 }]', /ignore\.0\.reason/],
    ['without an end', 'ignore: [{ id: CVE-2021-23337, reason: x }]', /ignore\.0\.expires/],
    ['with a day that is none', 'ignore: [{ id: CVE-2021-23337, reason: x, expires: 2026-02-31 }]', /no such day/],
    ['that is no YAML', 'ignore: [', /not a YAML document/],
  ])('an ignore file %s is refused', async (_, text, message) => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('ignore.yaml', text);
    expect(await run('scan', 'shop', '--ignore-file', 'ignore.yaml')).toMatchObject({
      exit: 2,
      err: expect.stringMatching(message),
    });
  });

  test('entries that cover nothing are told', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write(
      'ignore.yaml',
      ignore('CVE-2021-23337', '2026-01-02') + ignore('CVE-1999-1', '2026-01-02').slice('ignore:\n'.length),
    );
    expect(await run('scan', 'shop', '--ignore-file', 'ignore.yaml')).toMatchObject({
      ...{ exit: 0, err: expect.stringContaining('cover nothing found here: CVE-1999-1\n') },
    });
  });

  test("CycloneDX's own justification goes into CycloneDX as it is", async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const analysis = { state: 'not_affected', justification: 'requires_configuration' };
    const vulnerabilities = [{ id: 'CVE-2021-23337', analysis, affects: [{ ref: 'a' }] }];
    const components = [{ type: 'library', name: 'lodash', 'bom-ref': 'a', purl: 'pkg:npm/lodash@4.17.15' }];
    const document = { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components, vulnerabilities };
    write('vex.json', JSON.stringify(document));
    const { out } = await run('scan', 'shop', '--vex', 'vex.json', '-o', 'cyclonedx-json');
    expect(JSON.parse(out).vulnerabilities).toContainEqual(
      expect.objectContaining({ analysis: expect.objectContaining(analysis) }),
    );
  });

  test('what is suppressed stays in every report, marked', async () => {
    const { run, write, read } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('ignore.yaml', ignore('GHSA-rv95-896h-c2vc', '2026-12-31'));
    const vex = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      author: 'Ann',
      statements: [
        {
          vulnerability: 'CVE-2021-23337',
          products: ['pkg:npm/lodash'],
          status: 'not_affected',
          justification: 'vulnerable_code_not_present',
        },
      ],
    };
    write('vex.json', JSON.stringify(vex));
    const outputs = 'json=a.json,sarif=a.sarif,cyclonedx-json=a.cdx.json,openvex=a.vex.json,markdown=a.md,junit=a.xml';
    const { exit } = await run(
      'scan',
      'shop',
      '--fail-on',
      'low',
      '--vex',
      'vex.json',
      '--ignore-file',
      'ignore.yaml',
      '-o',
      outputs,
    );
    expect(exit).toBe(0);
    const [lodash, express] = JSON.parse(read('a.json')).platforms[0].findings;
    expect(lodash).toMatchObject({
      vex: { status: 'not_affected', author: 'Ann' },
      because: expect.stringContaining('4.17.15'),
    });
    expect(express).toMatchObject({ ignored: { reason: 'build time only', expires: '2026-12-31' } });
    for (const { suppressions } of JSON.parse(read('a.sarif')).runs[0].results) expect(suppressions).toHaveLength(1);
    expect(openVexErrors(read('a.vex.json'))).toBe('');
    const bom = read('a.cdx.json');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bom)).toBeNull();
    expect(JSON.parse(bom).vulnerabilities[0].analysis).toMatchObject({
      state: 'not_affected',
      justification: 'code_not_present',
    });
    expect(JSON.parse(read('a.vex.json')).statements).toMatchObject([
      {
        vulnerability: { name: 'GHSA-35jh-r3h4-6jhm' },
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
      },
      { status: 'under_investigation' },
    ]);
    expect(read('a.md')).toMatch(/No known vulnerability in 3 components[\s\S]*\*\*Not counted\*\*/);
    expect(read('a.xml')).toMatch(/failures="0"/);
  });

  test('findings without a fix do not fail where only fixed ones do', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', CLEAN);
    const affected = [{ package: { ecosystem: 'npm', name: 'left-pad' }, versions: ['1.3.0'] }];
    const record = {
      id: 'GHSA-x',
      modified: '2024-01-01T00:00:00Z',
      affected,
      database_specific: { severity: 'HIGH' },
    };
    write('feed/GHSA-x.json', JSON.stringify(record));
    expect((await run('scan', 'shop', '--advisories', 'feed', '--fail-on', 'low')).exit).toBe(1);
    expect((await run('scan', 'shop', '--advisories', 'feed', '--fail-on', 'low', '--only-fixed')).exit).toBe(0);
  });

  test('old advisories are no clean bill', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', CLEAN);
    const affected = [{ package: { ecosystem: 'npm', name: 'another' }, versions: ['1.0.0'] }];
    const feed = (modified: string) => write('feed/GHSA-x.json', JSON.stringify({ id: 'GHSA-x', modified, affected }));
    const scan = (age: string) => run('scan', 'shop', '--advisories', 'feed', '--fail-on', 'low', '--max-age', age);
    feed('2026-01-01T00:00:00Z');
    expect(await scan('26h')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('the advisories of npm are 27 hours old, at most 26 hours are allowed'),
    });
    expect([(await scan('2d')).exit, (await scan('P2D')).exit, (await scan('PT26H')).exit]).toEqual([0, 0, 3]);
    // A feed whose newest record is of next year does not say how old it is.
    feed('2027-01-01T00:00:00Z');
    expect(await scan('9999d')).toMatchObject({ exit: 3, err: expect.stringContaining('nobody knows how old') });
    expect((await run('scan', 'shop', '--max-age', 'soon')).exit).toBe(2);
  });

  test('an explanation is text or JSON, and no other format, which would be left out silently', async () => {
    const { run, write, read } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const explain = (...more: string[]) => run('scan', 'shop', '--explain', 'CVE-2021-23337', ...more);
    const asked = { id: 'CVE-2021-23337', entries: [{ outcome: 'affected' }], findings: [{ severity: 'high' }] };
    expect(JSON.parse((await explain('--json')).out)).toMatchObject(asked);
    expect((await explain('-o', 'json=why.json')).out).toBe('');
    expect(JSON.parse(read('why.json'))).toMatchObject(asked);
    expect(await explain('-o', 'sarif=y.sarif')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--explain is not written as sarif'),
    });
  });

  test('one advisory is explained, whether it matches or not', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const found = await run('scan', 'shop', '--explain', 'CVE-2021-23337');
    expect(found.out).toMatch(/lodash@4\.17\.15: affected: 4\.17\.15 is in the range from /);
    expect(found.out).toMatch(/severity high 7\.2, from CVSS:3\.1\//);
    write('shop/package-lock.json', CLEAN);
    expect((await run('scan', 'shop', '--explain', 'CVE-2021-23337')).out).toMatch(
      /lodash@4\.17\.21: unaffected: 4\.17\.21 is in none of: introduced [\d.]+, fixed 4\.17\.21/,
    );
    expect((await run('scan', 'shop', '--explain', 'CVE-1999-1')).out).toMatch(/names no package of directory/);
  });
});
