import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../../domain/advisory/finding.ts';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import type { OsvRecord } from '../../../../domain/advisory/osv-record.ts';
import type { Component, Ecosystem } from '../../../../domain/sbom/component.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

const match = (components: readonly Component[], ...records: OsvRecord[]) => matchComponents(components, () => records);
const ids = (one: Component, ...records: OsvRecord[]) =>
  match([one], ...records).findings.map(({ advisory }) => advisory);

describe('whom a record speaks of', () => {
  test.each<[string, Component, object, boolean]>([
    ['PEP 503 names', component('PyPI', 'Flask_SQLAlchemy', '1.0'), affects('PyPI', 'flask-sqlalchemy', 'i:0'), true],
    ['npm names are exact', component('npm', 'Lodash', '1.0.0'), affects('npm', 'lodash', 'i:0'), false],
    ['another ecosystem', component('npm', 'requests', '1.0.0'), affects('PyPI', 'requests', 'i:0'), false],
    [
      'Maven group and artifact',
      component('Maven', 'org.yaml:snakeyaml', '1.33'),
      affects('Maven', 'org.yaml:snakeyaml', 'i:0 f:2.0'),
      true,
    ],
    [
      'a Maven repository as suffix',
      component('Maven', 'a:b', '1'),
      affects('Maven:https://repo.example', 'a:b', 'i:0'),
      true,
    ],
    [
      'its release',
      component('Debian', 'glibc', '2.36-9', { release: '12' }),
      affects('Debian:12', 'glibc', 'i:0 f:2.36-9+deb12u3'),
      true,
    ],
    [
      'another release',
      component('Debian', 'glibc', '2.36-9', { release: '12' }),
      affects('Debian:11', 'glibc', 'i:0 f:3'),
      false,
    ],
    [
      'every release',
      component('Debian', 'xz-utils', '5.6.1-1', { release: '13' }),
      affects('Debian', 'xz-utils', 'i:5.5.1alpha-0.1 f:5.6.1+really5.4.5-1'),
      true,
    ],
    [
      'Alpine with v',
      component('Alpine', 'busybox', '1', { release: '3.19' }),
      { package: { ecosystem: 'Alpine:v3.19', name: 'busybox' }, versions: ['1'] },
      true,
    ],
  ])('%s', (_, one, affected, expected) => {
    expect(ids(one, osv('TEST-1', { affected: [affected] }))).toEqual(expected ? ['TEST-1'] : []);
  });

  test('the source package and its version decide for Debian, the binary is what is named', () => {
    const libc6 = component('Debian', 'libc6', '2.36-9+b1', {
      advisoryName: 'glibc',
      advisoryVersion: '2.36-9',
      release: '12',
    });
    const record = osv('DSA-1', { affected: [affects('Debian:12', 'glibc', 'i:0 f:2.36-9+deb12u3')] });
    expect(match([libc6], record).findings[0]).toMatchObject({
      name: 'libc6',
      version: '2.36-9+b1',
      fixedIn: '2.36-9+deb12u3',
    });
  });

  test('an unknown release is undecided where the version would match, and only there', () => {
    const record = osv('DSA-1', { affected: [affects('Debian:12', 'zlib', 'i:0 f:2')] });
    expect(match([component('Debian', 'zlib', '1')], record)).toEqual({
      findings: [],
      upgrades: [],
      undecided: [expect.objectContaining({ advisory: 'DSA-1', reason: expect.stringContaining('release') })],
    });
    expect(match([component('Debian', 'zlib', '2')], record)).toEqual({ findings: [], undecided: [], upgrades: [] });
  });

  test('withdrawn records never match', () => {
    const record = osv('GHSA-w', { withdrawn: '2024-02-01T00:00:00Z', affected: [affects('npm', 'x', 'i:0')] });
    expect(match([component('npm', 'x', '1.0.0')], record)).toEqual({ findings: [], undecided: [], upgrades: [] });
  });

  test('one affected entry that matches outweighs one that could not be decided', () => {
    const record = osv('GHSA-two', {
      affected: [{ package: { ecosystem: 'npm', name: 'x' } }, affects('npm', 'x', 'i:0 f:2.0.0')],
    });
    expect(match([component('npm', 'x', '1.0.0')], record)).toMatchObject({ findings: [{}], undecided: [] });
  });
});

describe('releases, as OSV and SBOMs write them', () => {
  test.each<[string, Ecosystem, string | undefined, string, 'finding' | 'undecided' | 'nothing']>([
    ['the same', 'Debian', '12', 'Debian:12', 'finding'],
    ['a point release', 'Debian', '12.5', 'Debian:12', 'finding'],
    ['another', 'Debian', '11', 'Debian:12', 'nothing'],
    ['not told', 'Debian', undefined, 'Debian:12', 'undecided'],
    ['long-term, with the suffix and without', 'Ubuntu', '24.04', 'Ubuntu:24.04:LTS', 'finding'],
    ['Ubuntu Pro is for its subscribers', 'Ubuntu', '18.04:LTS', 'Ubuntu:Pro:18.04:LTS', 'nothing'],
    ['Alpine with v, and a point release', 'Alpine', '3.19.1', 'Alpine:v3.19', 'finding'],
    [
      'any repository of a Red Hat release',
      'Red Hat',
      'enterprise_linux:9',
      'Red Hat:enterprise_linux:9::baseos',
      'finding',
    ],
    [
      'an update of Red Hat 10',
      'Red Hat',
      'enterprise_linux:10',
      'Red Hat:enterprise_linux:10.1::appstream',
      'finding',
    ],
    ['another Red Hat', 'Red Hat', 'enterprise_linux:10', 'Red Hat:enterprise_linux:9::baseos', 'nothing'],
    ['extended support of Red Hat', 'Red Hat', 'enterprise_linux:9', 'Red Hat:rhel_eus:9.2::baseos', 'nothing'],
    ['a minor release of Rocky', 'Rocky Linux', '9.3', 'Rocky Linux:9', 'finding'],
    [
      'a module of SUSE for that service pack',
      'SUSE',
      'Linux Enterprise Server 15 SP6',
      'SUSE:Linux Enterprise Module for Basesystem 15 SP6',
      'finding',
    ],
    [
      'long-term support of SUSE',
      'SUSE',
      'Linux Enterprise Server 15 SP4',
      'SUSE:Linux Enterprise Server 15 SP4-LTSS',
      'nothing',
    ],
    ['another product', 'SUSE', 'Linux Enterprise Server 15 SP3', 'SUSE:Linux Enterprise Micro 5.3', 'nothing'],
    [
      'SUSE by the service pack',
      'SUSE',
      'Linux Enterprise Server 15 SP5',
      'SUSE:Linux Enterprise Server 15 SP4',
      'nothing',
    ],
  ])('%s', (_, ecosystem, release, stated, expected) => {
    const one = component(ecosystem, 'openssl', '1.0-1', release === undefined ? {} : { release });
    const { findings, undecided } = match(
      [one],
      osv('TEST-1', { affected: [affects(stated, 'openssl', 'i:0 f:2.0-1')] }),
    );
    expect([findings.length, undecided.length]).toEqual(
      { finding: [1, 0], undecided: [0, 1], nothing: [0, 0] }[expected],
    );
  });

  test('each release is fixed by its own version: backports, and epochs', () => {
    const record = osv('DSA-1', {
      affected: [
        affects('Debian:11', 'vim', 'i:0 f:2:8.2.2434-3+deb11u1'),
        affects('Debian:12', 'vim', 'i:0 f:2:9.0.1378-2'),
      ],
    });
    const vim = (release: string, version: string) => component('Debian', 'vim', version, { release });
    expect(ids(vim('11', '2:8.2.2434-3+deb11u1'), record)).toEqual([]);
    expect(ids(vim('12', '2:8.2.2434-3+deb11u1'), record)).toEqual(['DSA-1']);
    expect(ids(vim('12', '9.0.1378-2'), record)).toEqual(['DSA-1']);
  });
});

describe('the dependency to upgrade', () => {
  const of = (name: string, ...dependsOn: string[]) =>
    component('npm', name, '1.0.0', {
      purl: `pkg:npm/${name}@1.0.0`,
      dependsOn: dependsOn.map((to) => `pkg:npm/${to}@1.0.0`),
    });
  const record = osv('GHSA-1', { affected: [affects('npm', 'deep', 'i:0')] });

  test('the shortest way from one of ours', () => {
    const graph = [of('long', 'a'), of('a', 'b'), of('b', 'deep'), of('short', 'deep'), of('deep')];
    expect(match(graph, record).findings).toMatchObject([{ path: ['pkg:npm/short@1.0.0', 'pkg:npm/deep@1.0.0'] }]);
  });

  test('one of ours itself has no way, nor has a circle', () => {
    expect(match([of('deep')], record).findings[0]).not.toHaveProperty('path');
    expect(match([of('deep', 'other'), of('other', 'deep')], record).findings[0]).not.toHaveProperty('path');
  });

  test('a system package is upgraded by itself', () => {
    const libc = { purl: 'pkg:deb/debian/libc6@1', release: '12' };
    const system = [
      component('Debian', 'libc6', '1', libc),
      component('Debian', 'bash', '1', { dependsOn: [libc.purl] }),
    ];
    const { findings } = match(system, osv('DSA-1', { affected: [affects('Debian:12', 'libc6', 'i:0')] }));
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty('path');
  });
});

describe('one vulnerability under several names', () => {
  const one = component('PyPI', 'requests', '2.30.0');
  const affected = [affects('PyPI', 'requests', 'i:0 f:2.31.0')];
  const pysec = osv('PYSEC-2023-74', { aliases: ['CVE-2023-32681', 'GHSA-j8r2-6x86-q33q'], affected });
  const ghsa = osv('GHSA-j8r2-6x86-q33q', {
    aliases: ['CVE-2023-32681'],
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N' }],
    affected: [affects('PyPI', 'requests', 'i:0')],
  });
  const cve = osv('CVE-2023-32681', { affected });

  test('GHSA speaks first, then the ecosystem, then the CVE; every name is kept', () => {
    for (const records of [
      [pysec, ghsa, cve],
      [cve, pysec, ghsa],
      [ghsa, cve, pysec],
    ])
      expect(match([one], ...records).findings).toEqual([
        expect.objectContaining({
          advisory: 'GHSA-j8r2-6x86-q33q',
          aliases: ['CVE-2023-32681', 'PYSEC-2023-74'],
          severity: 'medium',
          score: 6.1,
          // The GHSA record of this test names no fix: that of the next record is taken.
          fixedIn: '2.31.0',
        }),
      ]);
    expect(ids(one, cve, pysec)).toEqual(['PYSEC-2023-74']);
  });

  test('two records without a name in common stay two', () => {
    expect(ids(one, pysec, osv('PYSEC-2024-1', { aliases: ['CVE-2024-1'], affected }))).toHaveLength(2);
  });

  test('a chain of aliases is one', () => {
    const chain = ['ID-1', 'ID-2', 'ID-3', 'ID-4'].map((id, index) =>
      osv(id, { aliases: [`LINK-${index}`, `LINK-${index + 1}`], affected }),
    );
    expect(ids(one, chain[0]!, chain[2]!, chain[3]!, chain[1]!)).toEqual(['ID-1']);
  });

  test('malware under any name is critical', () => {
    const malware = osv('MAL-2024-1', { aliases: ['GHSA-j8r2-6x86-q33q'], affected });
    expect(match([one], ghsa, malware).findings).toMatchObject([
      { advisory: 'GHSA-j8r2-6x86-q33q', severity: 'critical' },
    ]);
  });

  test('a distribution advisory is the vulnerability it fixes alone, and not one of the many it fixes together', () => {
    const zlib = component('Debian', 'zlib', '1', { release: '12' });
    const fix = [affects('Debian:12', 'zlib', 'i:0 f:2')];
    const single = osv('DEBIAN-CVE-2022-1', { upstream: ['CVE-2022-1'], affected: fix });
    const many = osv('DSA-1-1', { upstream: ['CVE-2022-1', 'CVE-2022-2'], affected: fix });
    expect(match([zlib], single).findings).toMatchObject([{ aliases: ['CVE-2022-1'] }]);
    expect(match([zlib], many).findings).toMatchObject([{ aliases: [], upstream: ['CVE-2022-1', 'CVE-2022-2'] }]);
    expect(ids(zlib, single, many)).toHaveLength(2);
  });

  describe('a record about several CVEs', () => {
    const etcd = component('Go', 'go.etcd.io/etcd', '3.3.0');
    const range = [affects('Go', 'go.etcd.io/etcd', 'i:0 f:3.4.10')];
    const rated = (id: string, severity: string, ...aliases: string[]) =>
      osv(id, { aliases, affected: range, database_specific: { severity } });
    const low = rated('GHSA-a', 'LOW', 'CVE-2020-1', 'GO-5');
    const critical = rated('GHSA-b', 'CRITICAL', 'CVE-2020-2', 'GO-5');
    const both = osv('GO-5', { aliases: ['CVE-2020-1', 'CVE-2020-2', 'GHSA-a', 'GHSA-b'], affected: range });

    test('is a finding of its own, and makes one of none of them', () => {
      const { findings } = match([etcd], low, both, critical);
      expect(findings).toMatchObject([
        { advisory: 'GHSA-b', severity: 'critical', aliases: ['CVE-2020-2', 'GO-5'] },
        { advisory: 'GHSA-a', severity: 'low', aliases: ['CVE-2020-1', 'GO-5'] },
        { advisory: 'GO-5', aliases: [], upstream: ['CVE-2020-1', 'CVE-2020-2', 'GHSA-a', 'GHSA-b'] },
      ]);
      expect(namesOf(findings[2]!)).toEqual(['GO-5']);
    });

    test('brings no two together that name it, nor does one that names both and no CVE', () => {
      expect(ids(etcd, low, critical)).toEqual(['GHSA-b', 'GHSA-a']);
      expect(ids(etcd, low, critical, osv('NSWG-1', { aliases: ['GHSA-a', 'GHSA-b'], affected: range }))).toHaveLength(
        3,
      );
      expect(ids(etcd, low, critical, osv('NSWG-2', { aliases: ['GHSA-b'], affected: range }))).toHaveLength(2);
    });

    test('is told by its own name also where that is a CVE', () => {
      const { findings } = match([etcd], low, osv('CVE-2020-1', { aliases: ['CVE-2020-2'], affected: range }));
      expect(findings.map(namesOf)).toEqual([['GHSA-a', 'CVE-2020-1', 'GO-5'], ['CVE-2020-1']]);
    });
  });

  test('is as grave as the gravest of its records says, and malware before all', () => {
    const low = osv('GHSA-x', { aliases: ['CVE-2024-9'], affected, database_specific: { severity: 'LOW' } });
    const severity = [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }];
    const grave = osv('PYSEC-9', { aliases: ['CVE-2024-9'], affected, severity });
    const rating = { severity: 'critical', score: 9.8, severityFrom: severity[0]!.score };
    expect(match([one], low, grave).findings).toMatchObject([{ advisory: 'GHSA-x', ...rating }]);
    expect(match([one], low, grave, osv('MAL-9', { aliases: ['GHSA-x'], affected })).findings).toMatchObject([
      { advisory: 'GHSA-x', severity: 'critical', severityFrom: 'malicious package' },
    ]);
  });
});

test('findings come worst first, unknown severities last', () => {
  const rated = (id: string, severity: string) =>
    osv(id, { database_specific: { severity }, affected: [affects('npm', 'x', 'i:0')] });
  const records = [
    rated('GHSA-l', 'LOW'),
    rated('GHSA-u', '?'),
    rated('GHSA-c', 'CRITICAL'),
    rated('GHSA-m', 'MODERATE'),
  ];
  expect(ids(component('npm', 'x', '1.0.0'), ...records)).toEqual(['GHSA-c', 'GHSA-m', 'GHSA-l', 'GHSA-u']);
});
