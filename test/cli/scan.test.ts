import { readdirSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from 'vitest';
import { openVexErrors } from '../fixtures/openvex-errors.ts';
import { sarifErrors } from '../fixtures/sarif-errors.ts';
import { makeZip } from '../unit/adapters/osv/make-zip.ts';
import { CLEAN, lockfile, VULNERABLE, workplace } from './workplace.ts';

describe('exit codes', () => {
  test.each<[string, string, readonly string[], number]>([
    ['nothing known is 0', CLEAN, ['--fail-on', 'low'], 0],
    ['findings alone are 0', VULNERABLE, [], 0],
    ['a finding at the threshold is 1', VULNERABLE, ['--fail-on', 'high'], 1],
    ['findings below the threshold are 0', VULNERABLE, ['--fail-on', 'critical'], 0],
    ['a threshold that is none is 2', CLEAN, ['--fail-on', 'severe'], 2],
    ['a format that is none is 2', CLEAN, ['-o', 'pdf'], 2],
    ['two reports on one stream are 2', CLEAN, ['-o', 'table', '-o', 'json'], 2],
    ['two reports in one file are 2', CLEAN, ['-o', 'json=x', '-o', 'sarif=x'], 2],
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
    write('lookalike/package-lock.json', lockfile({ l\u043edash: '4.17.21' }));
    const lookalike = await run('scan', 'lookalike');
    expect(lookalike).toMatchObject({ exit: 3, err: expect.stringContaining('letters that only look like') });
    write('empty.zip', makeZip([]));
    expect(await run('scan', 'shop', '--advisories', 'empty.zip')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('no advisory could be read'),
    });
  });

  test('an ecosystem there are no advisories of is not clean beside one there are', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', CLEAN);
    write(
      'shop/Cargo.lock',
      '[[package]]\nname = "time"\nversion = "0.1.42"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
    );
    expect((await run('scan', 'shop')).exit).toBe(0);
    expect(await run('scan', 'shop', '--fail-on', 'low')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('there are no advisories of crates.io: nothing found is no clean bill'),
    });
  });

  test('a release that no advisory names is no clean bill', async () => {
    const { run, write } = workplace();
    const affected = [{ package: { ecosystem: 'Alpine:v3.19', name: 'openssl' }, versions: ['1.0.0-r0'] }];
    write('feed/ALPINE-1.json', JSON.stringify({ id: 'ALPINE-1', modified: '2024-01-01T00:00:00Z', affected }));
    const of = (release: string) => {
      const purl = `pkg:apk/alpine/openssl@1.0.1-r0?distro=alpine-${release}`;
      const components = [{ type: 'library', name: 'openssl', version: '1.0.1-r0', purl }];
      write('shop.cdx.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components }));
    };
    of('3.19.1');
    for (const gate of [
      ['--fail-on', 'low'],
      ['--max-age', '9999d'],
    ])
      expect((await run('scan', 'shop.cdx.json', '--advisories', 'feed', ...gate)).exit).toBe(0);
    of('3.22.1');
    const scan = await run('scan', 'shop.cdx.json', '--advisories', 'feed');
    expect(scan.out).toContain('the advisory database has no records of Alpine 3.22');
    expect(await run('scan', 'shop.cdx.json', '--advisories', 'feed', '--fail-on', 'low')).toMatchObject({ exit: 3 });
    expect(await run('scan', 'shop.cdx.json', '--advisories', 'feed', '--max-age', '9999d')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('there are no advisories of Alpine 3.22: nothing found is no clean bill'),
    });
  });

  test('packages of a distribution that is not compared are not clean beside what is', async () => {
    const { run, write } = workplace();
    const purls = ['pkg:rpm/amzn/openssl@3.0.8-1.amzn2023?arch=x86_64&distro=amzn-2023', 'pkg:npm/left-pad@1.3.0'];
    const components = purls.map((purl) => ({ type: 'library', name: 'x', version: '1', purl }));
    write('shop.cdx.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components }));
    const scan = await run('scan', 'shop.cdx.json');
    expect(scan).toMatchObject({ exit: 0, out: expect.stringContaining('advisories of amzn are not compared') });
    for (const gate of [
      ['--fail-on', 'low'],
      ['--max-age', '9999d'],
    ])
      expect(await run('scan', 'shop.cdx.json', ...gate)).toMatchObject({
        exit: 3,
        err: expect.stringContaining('there are no advisories of amzn: nothing found is no clean bill'),
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
      err: expect.stringContaining('1 finding without a severity'),
    });
  });
});

test.each<[string, object[]]>([
  ['no component', []],
  ['no package URL', [{ type: 'library', name: 'openssl', version: '1.0.2' }]],
  ['none that can be read', [{ type: 'library', name: 'x', version: '1', purl: 'not a purl' }]],
])('an SBOM with %s is no clean bill', async (_, components) => {
  const { run, write } = workplace();
  write('shop.cdx.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components }));
  const outputs = ['-o', 'table,markdown=a.md'];
  const gate = await run('scan', 'shop.cdx.json', '--fail-on', 'critical', ...outputs);
  expect(gate).toMatchObject({ exit: 3, err: expect.stringContaining('nothing to compare: ') });
  expect(gate.out).toContain('Nothing to compare: ');
  expect(gate.out).not.toContain('No known');
  expect((await run('scan', 'shop.cdx.json')).exit).toBe(0);
});

test('records that can not be read are told, wherever they are from', async () => {
  const { run, write } = workplace();
  write('shop/package-lock.json', CLEAN);
  write('feed/GHSA-1.json', JSON.stringify({ id: 'GHSA-1', modified: '2024-01-01T00:00:00Z', affected: [] }));
  write('feed/broken.json', '{');
  expect(await run('scan', 'shop', '--advisories', 'feed')).toMatchObject({
    ...{ exit: 0, err: expect.stringContaining('1 records could not be read, such as broken.json: not a JSON') },
  });
});

test.each([
  ['a folder', 'a/shop', 'a/shop/package-lock.json'],
  ['a lockfile', 'a/shop/package-lock.json', 'a/shop/package-lock.json'],
  ['an SBOM', 'a/shop.cdx.json', 'a/shop.cdx.json'],
])('SARIF of %s names files as the working directory has them', async (_, source, uri) => {
  const { run, write } = workplace();
  write('a/shop/package-lock.json', VULNERABLE);
  write('a/shop.cdx.json', (await run('scan', 'a/shop', '-o', 'cyclonedx-json')).out);
  const { out } = await run('scan', source, '-o', 'sarif');
  expect(JSON.parse(out).runs[0].results[0].locations[0].physicalLocation.artifactLocation).toEqual({ uri });
});

describe('formats', () => {
  test('table: which component, how bad, which advisory, fixed where, found where', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const { out, err } = await run('scan', 'shop');
    expect(out).toMatch(
      /lodash 4\.17\.15: upgrade to 4\.17\.21; the project itself asks for 4\.17\.15: to be changed first\n {2}high 7\.2 +GHSA-35jh-r3h4-6jhm \(CVE-2021-23337\) .* package-lock\.json\n/,
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
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe('shop/package-lock.json');
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

  test('findings of one component stand together, under the upgrade that ends most of them', async () => {
    const { run, write, read } = workplace();
    write('shop/package-lock.json', lockfile({ 'left-pad': '1.0.0', evil: '1.0.0' }));
    const record = (id: string, name: string, fixed: string | undefined, more: object = {}) => {
      const events = [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])];
      const affected = [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }];
      const modified = '2024-01-01T00:00:00Z';
      write(`feed/${id}.json`, JSON.stringify({ id, modified, summary: id, affected, ...more }));
    };
    record('GHSA-1', 'left-pad', '1.1.0', { database_specific: { severity: 'LOW' } });
    record('GHSA-2', 'left-pad', '1.2.0', { database_specific: { severity: 'HIGH' }, aliases: ['CVE-2024-2'] });
    record('GHSA-3', 'left-pad', undefined, { database_specific: { severity: 'MODERATE' } });
    record('MAL-1', 'evil', undefined);
    const { out } = await run('scan', 'shop', '--advisories', 'feed', '-o', 'table,markdown=a.md,junit=a.xml');
    expect(out.split('\n').slice(0, 6)).toEqual([
      'left-pad 1.0.0: upgrade to 1.2.0, for 2 of 3; the project itself asks for 1.0.0: to be changed first',
      expect.stringMatching(/^ {2}high +GHSA-2 \(CVE-2024-2\) .* fixed in 1\.2\.0 +package-lock\.json$/),
      expect.stringMatching(/^ {2}medium +GHSA-3 .* no fix known +package-lock\.json$/),
      expect.stringMatching(/^ {2}low +GHSA-1 .* fixed in 1\.1\.0 +package-lock\.json$/),
      'evil 1.0.0: malicious, remove it',
      expect.stringMatching(/^ {2}critical +MAL-1 /),
    ]);
    expect(read('a.md')).toContain('| high | [GHSA-2](https://github.com/advisories/GHSA-2) (CVE-2024-2) |');
    // A case a finding: who counts cases counts findings.
    expect(read('a.xml')).toMatch(/tests="4" failures="4" errors="0"/);
    expect(read('a.xml').match(/<testcase [^>]*><failure [^>]*>[^<]*<\/failure><\/testcase>/g)).toHaveLength(4);
  });

  test.each([
    ['^4.17.0', 'all that ask for it allow that: update the lockfile', 'within-ranges'],
    ['~4.16.0 || 4.17.15', 'form@2.0.0 asks for ~4.16.0 || 4.17.15: to be changed first', 'held'],
  ])(
    '%s: every report says which dependency brings it, and whether the fix is in reach',
    async (range, words, kind) => {
      const { run, write, read } = workplace();
      const packages = {
        '': { name: 'shop', dependencies: { '@shop/ui': '^1.0.0' } },
        'node_modules/@shop/ui': { version: '1.0.0', dependencies: { form: '^2.0.0' } },
        'node_modules/form': { version: '2.0.0', dependencies: { lodash: range } },
        'node_modules/lodash': { version: '4.17.15' },
      };
      write('shop/package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));
      const { out } = await run('scan', 'shop', '-o', 'table,json=a.json,sarif=a.sarif,markdown=a.md');
      expect(out).toContain(`lodash 4.17.15: upgrade to 4.17.21; @shop/ui@1.0.0 needs it; ${words}\n`);
      const direct = ['pkg:npm/%40shop/ui@1.0.0'];
      const path = [...direct, 'pkg:npm/form@2.0.0', 'pkg:npm/lodash@4.17.15'];
      const [platform] = JSON.parse(read('a.json')).platforms;
      expect(platform.findings[0]).toMatchObject({ path, reach: { kind, version: '4.17.21', direct } });
      expect(platform.upgrades[0]).toMatchObject({ version: '4.17.21', reach: { kind, direct } });
      const sarif = JSON.parse(read('a.sarif'));
      expect(sarifErrors(read('a.sarif'))).toBe('');
      expect(sarif.runs[0].tool.driver.rules[0].help.text).toBe(
        `lodash 4.17.15: upgrade to 4.17.21; by way of @shop/ui@1.0.0 > form@2.0.0 > lodash@4.17.15; ${words}`,
      );
      expect(sarif.runs[0].results[0].properties).toMatchObject({ path, reach: { kind, direct } });
      expect(read('a.md')).toContain('lodash 4.17.15: upgrade to 4.17.21; &#64;shop/ui&#64;1.0.0 needs it; ');
      const explained = await run('scan', 'shop', '--explain', 'CVE-2021-23337');
      expect(explained.out).toContain(`  4.17.21: ${words}\n`);
    },
  );

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
  // The check itself can fail.
  expect(openVexErrors('{"@context":"https://openvex.dev/ns/v0.2.0"}')).not.toBe('');
});

test('of a scan without a finding there is no OpenVEX document, nor one of before', async () => {
  const { run, write, folder } = workplace();
  write('clean/package-lock.json', CLEAN);
  write('clean.vex.json', '{"statements": "of before"}');
  expect(await run('scan', 'clean', '-o', 'openvex=clean.vex.json')).toMatchObject({
    ...{ exit: 0, out: '' },
    err: expect.stringContaining('clean.vex.json is not written'),
  });
  expect(readdirSync(folder)).not.toContain('clean.vex.json');
  expect(await run('scan', 'clean', '-o', 'openvex')).toMatchObject({ exit: 0, out: '' });
});
