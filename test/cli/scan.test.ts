import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterEach, describe, expect, test } from 'vitest';
import { runCli } from '../../services/cli/run-cli.ts';
import { openVexErrors } from '../fixtures/openvex-errors.ts';
import { sarifErrors } from '../fixtures/sarif-errors.ts';
import { makeZip } from '../unit/adapters/osv/make-zip.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A workplace of its own: folder, cache, and what was written to the two streams. */
function workplace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-scan-'));
  made.push(folder);
  const run = async (...argv: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const exit = await runCli(argv, {
      out: { write: (text: string) => out.push(text) },
      err: { write: (text: string) => err.push(text) },
      in: (async function* () {})(),
      env: { PRATIQUE_CACHE_DIR: path.join(folder, 'cache') },
      cwd: folder,
      signal: new AbortController().signal,
      now: () => new Date('2026-01-02T03:04:05Z'),
    });
    return { exit, out: out.join(''), err: err.join('') };
  };
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  return { folder, run, write, read: (name: string) => readFileSync(path.join(folder, name), 'utf8') };
}

const lockfile = (packages: Readonly<Record<string, string>>) =>
  JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: Object.fromEntries([
      ['', { name: 'shop', version: '1.0.0', dependencies: packages }],
      ...Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]),
    ]),
  });
const VULNERABLE = lockfile({ lodash: '4.17.15', express: '4.18.2', 'left-pad': '1.3.0' });
const CLEAN = lockfile({ lodash: '4.17.21', 'left-pad': '1.3.0' });

describe('exit codes', () => {
  test.each<[string, string, readonly string[], number]>([
    ['nothing known is 0', CLEAN, ['--fail-on', 'low'], 0],
    ['findings alone are 0', VULNERABLE, [], 0],
    ['a finding at the threshold is 1', VULNERABLE, ['--fail-on', 'high'], 1],
    ['findings below the threshold are 0', VULNERABLE, ['--fail-on', 'critical'], 0],
    ['a threshold that is none is 2', CLEAN, ['--fail-on', 'severe'], 2],
    ['a format that is none is 2', CLEAN, ['-o', 'pdf'], 2],
    ['two reports on one stream are 2', CLEAN, ['-o', 'table', '-o', 'json'], 2],
    ['no such folder of advisories is 3', CLEAN, ['--advisories', 'nothing'], 3],
    ['a broken version that cannot be decided is 3', lockfile({ lodash: 'latest' }), ['--fail-on', 'low'], 3],
  ])('%s', async (_, lock, options, exit) => {
    const { run, write } = workplace();
    write('shop/package-lock.json', lock);
    expect((await run('scan', 'shop', ...options)).exit).toBe(exit);
  });

  test('a source that is not there, or can not be read whole, is never clean', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', '{"lockfileVersion": 3, "packages": {');
    const broken = await run('scan', 'shop');
    expect(broken).toMatchObject({ exit: 3, err: expect.stringContaining('package-lock.json') });
    write('empty.zip', makeZip([]));
    expect(await run('scan', 'shop', '--advisories', 'empty.zip')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('no advisory could be read'),
    });
  });

  test('an advisory without a severity is not below any threshold', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', CLEAN);
    const affected = [{ package: { ecosystem: 'npm', name: 'left-pad' }, versions: ['1.3.0'] }];
    write('feed/GHSA-x.json', JSON.stringify({ id: 'GHSA-x', modified: '2024-01-01T00:00:00Z', affected }));
    expect((await run('scan', 'shop', '--advisories', 'feed')).exit).toBe(0);
    expect(await run('scan', 'shop', '--advisories', 'feed', '--fail-on', 'critical')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('1 findings have no severity'),
    });
  });
});

describe('formats', () => {
  test('table: which component, how bad, which advisory, fixed where, found where', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const { out, err } = await run('scan', 'shop');
    expect(out).toMatch(
      /lodash 4\.17\.15: upgrade to 4\.17\.21\n {2}high 7\.2 +GHSA-35jh-r3h4-6jhm \(CVE-2021-23337\) .* package-lock\.json\n/,
    );
    expect(out).toMatch(/2 findings \(1 high, 1 medium\) in 3 components of directory /);
    expect(err).toMatch(/advisories: the seed of this release: \d+ advisories, newest 20/);
  });

  test('a name from the source can not write to the terminal', async () => {
    const { run, write } = workplace();
    write('shop/node_modules/\u001b[31mred/package-lock.json', VULNERABLE);
    const { out } = await run('scan', 'shop');
    expect(out).not.toContain('\u001b');
  });

  test('one scan writes every other format to files', async () => {
    const { run, write, read } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const { exit, out } = await run(
      'scan',
      'shop',
      '-o',
      'json',
      '-o',
      'sarif=a.sarif,junit=a.xml',
      '-o',
      'cyclonedx-json=a.cdx.json',
    );
    expect(exit).toBe(0);
    const [platform] = JSON.parse(out).platforms;
    expect(platform).toMatchObject({ components: 3, complete: true, undecided: [] });
    expect(platform.findings.map(({ advisory }: { advisory: string }) => advisory)).toEqual([
      'GHSA-35jh-r3h4-6jhm',
      'GHSA-rv95-896h-c2vc',
    ]);

    expect(sarifErrors(read('a.sarif'))).toBe('');
    const sarif = JSON.parse(read('a.sarif')).runs[0];
    expect(sarif.results.map(({ ruleId, level }: { ruleId: string; level: string }) => [ruleId, level])).toEqual([
      ['GHSA-35jh-r3h4-6jhm', 'error'],
      ['GHSA-rv95-896h-c2vc', 'warning'],
    ]);
    for (const { ruleId, ruleIndex, locations } of sarif.results) {
      expect(sarif.tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe('package-lock.json');
    }

    expect(read('a.xml')).toMatch(/tests="3" failures="2" errors="0"/);
    expect(read('a.xml').match(/<testcase /g)).toHaveLength(3);

    const bom = read('a.cdx.json');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bom)).toBeNull();
    const { components, vulnerabilities } = JSON.parse(bom);
    const refs = components.map((component: { 'bom-ref': string }) => component['bom-ref']);
    expect(vulnerabilities).toHaveLength(2);
    for (const { affects } of vulnerabilities) for (const { ref } of affects) expect(refs).toContain(ref);
  });

  test('an SBOM of somebody gives the findings of what it lists', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const first = await run('scan', 'shop', '-o', 'cyclonedx-json');
    write('shop.cdx.json', first.out);
    const again = await run('scan', 'shop.cdx.json', '--json', '--fail-on', 'high');
    expect(again.exit).toBe(1);
    expect(JSON.parse(again.out).platforms[0].findings).toHaveLength(2);
  });
});

test('OpenVEX is valid by its schema, whatever was decided', async () => {
  const { run, write, read } = workplace();
  write('shop/package-lock.json', VULNERABLE);
  write('clean/package-lock.json', CLEAN);
  const statement = (status: string, more: object = {}) => ({
    ...{ vulnerability: 'CVE-2021-23337', products: ['pkg:npm/lodash'], status },
    ...more,
  });
  const statements = [
    statement('affected'),
    statement('fixed'),
    statement('under_investigation'),
    statement('not_affected', { justification: 'component_not_present' }),
    statement('not_affected', { impact_statement: 'not in use' }),
  ];
  for (const one of statements) {
    write('vex.json', JSON.stringify({ '@context': 'https://openvex.dev/ns/v0.2.0', statements: [one] }));
    await run('scan', 'shop', '--vex', 'vex.json', '-o', 'openvex=shop.vex.json');
    expect(openVexErrors(read('shop.vex.json')), one.status).toBe('');
    expect(read('shop.vex.json')).toContain(`"status": "${one.status}"`);
  }
  await run('scan', 'clean', '-o', 'openvex=clean.vex.json');
  // The schema wants a statement, and there is nothing to state.
  expect(openVexErrors(read('clean.vex.json'))).toBe('data/statements must NOT have fewer than 1 items');
  // The check itself can fail.
  expect(openVexErrors('{"@context":"https://openvex.dev/ns/v0.2.0"}')).not.toBe('');
});

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
    expect(covered.out).toMatch(/1 findings \(1 medium\)/);
    write('ignore.yaml', ignore('CVE-2021-23337', '2026-01-01'));
    const over = await run('scan', 'shop', '--fail-on', 'high', '--ignore-file', 'ignore.yaml');
    expect(over).toMatchObject({ exit: 1, err: expect.stringContaining('ignored no longer, since 2026-01-01') });
  });

  test.each([
    ['without a reason', 'ignore: [{ id: CVE-2021-23337, expires: 2026-12-31 }]', /ignore\.0\.reason/],
    ['without an end', 'ignore: [{ id: CVE-2021-23337, reason: x }]', /ignore\.0\.expires/],
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
    const feed = (modified: string) => write('feed/GHSA-x.json', JSON.stringify({ id: 'GHSA-x', modified }));
    const scan = (age: string) => run('scan', 'shop', '--advisories', 'feed', '--fail-on', 'low', '--max-age', age);
    feed('2026-01-01T00:00:00Z');
    expect(await scan('26h')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('the advisories are 27 hours old, at most 26 hours are allowed'),
    });
    expect((await scan('2d')).exit).toBe(0);
    // A feed whose newest record is of next year does not say how old it is.
    feed('2027-01-01T00:00:00Z');
    expect(await scan('9999d')).toMatchObject({ exit: 3, err: expect.stringContaining('nobody knows how old') });
    expect((await run('scan', 'shop', '--max-age', 'soon')).exit).toBe(2);
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

describe('advisories', () => {
  const record = (id: string, name: string) =>
    Buffer.from(
      JSON.stringify({
        id,
        modified: '2025-01-01T00:00:00Z',
        affected: [{ package: { ecosystem: 'npm', name }, versions: ['1.3.0'] }],
        database_specific: { severity: 'CRITICAL' },
      }),
    );

  test('what was synced is what is scanned with, and status says so', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('feed/npm/all.zip', makeZip([{ name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') }]));
    expect((await run('advisories', 'status')).out).toContain('the seed of this release');
    expect(await run('advisories', 'sync', '--from', 'feed')).toMatchObject({
      exit: 0,
      out: '1 added, 0 updated, 0 unchanged, 0 rejected\n',
    });
    const status = await run('advisories', 'status', '--json');
    expect(JSON.parse(status.out)).toMatchObject({ kind: 'synced', records: 1, syncedAt: '2026-01-02T03:04:05.000Z' });
    const scan = await run('scan', 'shop', '--fail-on', 'critical', '--json');
    expect(scan.exit).toBe(1);
    expect(JSON.parse(scan.out).platforms[0].findings).toMatchObject([{ advisory: 'GHSA-1', name: 'left-pad' }]);
  });

  test('a damaged feed changes nothing, a rejected record is told', async () => {
    const { run, write } = workplace();
    const zip = makeZip([
      { name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') },
      { name: 'GHSA-2.json', bytes: Buffer.from('{}') },
    ]);
    write('all.zip', zip);
    const first = await run('advisories', 'sync', '--from', 'all.zip');
    expect(first).toMatchObject({ exit: 0, out: '1 added, 0 updated, 0 unchanged, 1 rejected\n' });
    expect(first.err).toContain('all.zip!GHSA-2.json: id: ');
    write('broken.zip', zip.subarray(0, zip.length - 10));
    expect(await run('advisories', 'sync', '--from', 'broken.zip', '--json')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('"FEED_UNREADABLE"'),
    });
    expect((await run('advisories', 'status')).out).toMatch(/synced: 1 advisories/);
  });

  test('what is known of attacks is on the findings', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('epss.csv', 'cve,epss,percentile\nCVE-2021-23337,0.0123,0.5\n');
    const kev = { cveID: 'CVE-2021-23337', dateAdded: '2024-04-01', knownRansomwareCampaignUse: 'Known' };
    write('kev.json', JSON.stringify({ catalogVersion: '1', vulnerabilities: [kev] }));
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).exit).toBe(2);
    const seed = path.resolve(import.meta.dirname, '../../infra/advisories');
    await run('advisories', 'sync', '--from', seed);
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).out).toBe('1 EPSS scores, 0 rejected\n');
    expect((await run('advisories', 'sync', '--from', 'kev.json')).out).toContain('1 known exploited');
    expect((await run('scan', 'shop')).out).toMatch(/\(CVE-2021-23337\) +exploited \(ransomware\), EPSS 1\.2% /);
    const status = JSON.parse((await run('advisories', 'status', '--json')).out);
    expect(status.epochs.map(({ kind }: { kind: string }) => kind)).toEqual(['kev', 'epss', 'records']);
    write('epss.csv', 'something else');
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).exit).toBe(3);
    expect((await run('scan', 'shop')).out).toContain('EPSS 1.2%');
  });

  test('a sync that failed is heard of until one succeeds', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const zip = makeZip([{ name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') }]);
    write('all.zip', zip);
    await run('advisories', 'sync', '--from', 'all.zip');
    write('all.zip', zip.subarray(0, zip.length - 10));
    expect((await run('advisories', 'sync', '--from', 'all.zip')).exit).toBe(3);
    for (const command of [
      ['scan', 'shop'],
      ['advisories', 'status'],
    ])
      expect((await run(...command)).err).toMatch(
        /sync of 2026-01-02T03:04:05\.000Z .*FAILED.*not a complete zip archive/,
      );
    write('all.zip', zip);
    await run('advisories', 'sync', '--from', 'all.zip');
    expect((await run('scan', 'shop')).err).not.toContain('FAILED');
  });

  test('a feed without a record is no success', async () => {
    const { run, write } = workplace();
    write('feed/x.json', '{}');
    expect(await run('advisories', 'sync', '--from', 'feed')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('x.json: id: '),
    });
    expect((await run('advisories', 'status')).out).toContain('the seed of this release');
    expect((await run('advisories', 'sync')).exit).toBe(2);
  });

  test('a second scan with the same folder does not read it again', async () => {
    const { folder, run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    cpSync(path.resolve(import.meta.dirname, '../../infra/advisories'), path.join(folder, 'feed'), { recursive: true });
    await run('scan', 'shop', '--advisories', 'feed');
    const started = performance.now();
    expect((await run('scan', 'shop', '--advisories', 'feed')).exit).toBe(0);
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
