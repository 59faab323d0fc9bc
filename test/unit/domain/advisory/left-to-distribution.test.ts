import { expect, test } from 'vitest';
import { buildAdvisoryIndexInMemory } from '../../../../adapters/osv/build-advisory-index.ts';
import { explainAdvisory } from '../../../../domain/advisory/explain.ts';
import { createStandings, distributionKey, isLeft } from '../../../../domain/advisory/left-to-distribution.ts';
import type { OsvRecord } from '../../../../domain/advisory/osv-record.ts';
import { scanComponents } from '../../../../domain/advisory/scan-components.ts';
import type { Component, Ecosystem } from '../../../../domain/sbom/component.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

interface Pair {
  readonly system: readonly [Ecosystem, string | undefined];
  /** Of the package of the system. */
  readonly packaged: string;
  readonly ecosystem?: Ecosystem;
  /** Of the package of the language that it brought. */
  readonly version: string;
}

function pairOf({ system: [distribution, release], packaged, ecosystem = 'PyPI', version }: Pair) {
  const owner = component(distribution, 'python3-thing', packaged, {
    purl: `pkg:deb/x/python3-thing@${packaged}`,
    ...(release === undefined ? {} : { release }),
  });
  return { owner, owned: component(ecosystem, 'thing', version, { ownedBy: owner.purl }) };
}
const standing = (pair: Pair) => {
  const { owner, owned } = pairOf(pair);
  return createStandings([owned, owner])(owned);
};
const debian = ['Debian', '12'] as const;
const covered = new Set(['Debian:12', 'Alpine:3.19', 'Red Hat:enterprise_linux:9', 'SUSE:15 SP6', 'Wolfi']);

test.each<[what: string, Pair, distribution: string]>([
  ['a backport', { system: debian, packaged: '1.26.12-1+deb12u1', version: '1.26.12' }, 'Debian:12'],
  ['a point release', { system: ['Debian', '12.5'], packaged: '2.31.0-1', version: '2.31.0' }, 'Debian:12'],
  ['an epoch', { system: debian, packaged: '1:2.31.0-1', version: '2.31.0' }, 'Debian:12'],
  ['a package of Debian’s own', { system: debian, packaged: '2.6.0', version: '2.6.0' }, 'Debian:12'],
  ['+dfsg', { system: debian, packaged: '1.2.3+dfsg-4', version: '1.2.3' }, 'Debian:12'],
  ['+dfsg1', { system: debian, packaged: '1.2.3+dfsg1-4', version: '1.2.3' }, 'Debian:12'],
  ['~dfsg', { system: debian, packaged: '1.2.3~dfsg-4', version: '1.2.3' }, 'Debian:12'],
  ['+ds', { system: debian, packaged: '1.2.3+ds-4', version: '1.2.3' }, 'Debian:12'],
  ['+repack1', { system: debian, packaged: '1.2.3+repack1-4', version: '1.2.3' }, 'Debian:12'],
  ['+dfsg of several', { system: debian, packaged: '1.2.3+dfsg+~4.5.6-1', version: '1.2.3' }, 'Debian:12'],
  ['others along', { system: debian, packaged: '1.2.3+~4.5.6-1', ecosystem: 'npm', version: '1.2.3' }, 'Debian:12'],
  ['+really', { system: debian, packaged: '2.0.1+really1.9.8-1', version: '1.9.8' }, 'Debian:12'],
  ['a candidate', { system: debian, packaged: '1.0~rc1-1', version: '1.0rc1' }, 'Debian:12'],
  ['zeros of PEP 440', { system: debian, packaged: '66.1-1', version: '66.1.0' }, 'Debian:12'],
  ['a suffix of the package’s own', { system: debian, packaged: '2.6.0', version: '2.6.0+debian1' }, 'Debian:12'],
  ['Alpine', { system: ['Alpine', '3.19'], packaged: '2.31.0-r1', version: '2.31.0' }, 'Alpine:3.19'],
  ['a candidate of Alpine', { system: ['Alpine', '3.19'], packaged: '1.0_rc1-r0', version: '1.0rc1' }, 'Alpine:3.19'],
  [
    'rpm',
    { system: ['Red Hat', 'enterprise_linux:9'], packaged: '0:1.26.5-5.el9', version: '1.26.5' },
    'Red Hat:enterprise_linux:9',
  ],
  [
    'SUSE',
    { system: ['SUSE', 'Linux Enterprise Server 15 SP6'], packaged: '2.31.0-150600.1.1', version: '2.31.0' },
    'SUSE:15 SP6',
  ],
  ['one without releases', { system: ['Wolfi', undefined], packaged: '2.31.0-r1', version: '2.31.0' }, 'Wolfi'],
])('is left to its distribution: %s', (_, pair, distribution) => {
  expect(standing(pair)).toMatchObject({ kind: 'left', distribution });
  expect(isLeft(standing(pair), covered)).toBe(true);
});

test.each<[what: string, Pair, because: string]>([
  ['pip wrote over it', { system: debian, packaged: '1.26.12-1', version: '2.0.0' }, 'another version'],
  ['bundled', { system: debian, packaged: '3.1.2-7', ecosystem: 'RubyGems', version: '4.3.0' }, 'another version'],
  ['a snapshot', { system: debian, packaged: '1.2.3+git20240101-1', ecosystem: 'npm', version: '1.2.3' }, 'another'],
  ['no version', { system: debian, packaged: '1.0-1', version: '' }, 'another version'],
  ['release unknown', { system: ['Debian', undefined], packaged: '1.0-1', version: '1.0' }, 'no advisories'],
  ['no distribution of OSV’s', { system: ['generic', undefined], packaged: '1.0-1', version: '1.0' }, 'no advisories'],
])('is not left to its distribution: %s', (_, pair, because) => {
  expect(standing(pair)).toMatchObject({ kind: 'counted', because: expect.stringContaining(because) });
});

test('nor without the package that it belongs to, without one, nor a package of the system itself', () => {
  const { owner, owned } = pairOf({ system: debian, packaged: '1.0-1', version: '1.0' });
  expect(createStandings([owned])(owned)).toMatchObject({ kind: 'counted' });
  const { ownedBy: _, ...unowned } = owned;
  expect(createStandings([owner, unowned])(unowned)).toEqual({ kind: 'own' });
  const odd = { ...owner, ownedBy: owner.purl };
  expect(createStandings([odd])(odd)).toEqual({ kind: 'own' });
});

test('nor to a release that there are no records of', () => {
  const bookworm = standing({ system: debian, packaged: '1.0-1', version: '1.0' });
  expect(isLeft(bookworm, new Set(['Debian:11', 'Ubuntu:24.04']))).toBe(false);
  expect(distributionKey('PyPI', '12')).toBeUndefined();
});

const upstream = osv('GHSA-up', { affected: [affects('PyPI', 'thing', 'i:0 f:2.0')] });
const malicious = osv('MAL-2024-1', { affected: [affects('PyPI', 'thing', 'i:0')] });
const reviewed = osv('GHSA-mal', { aliases: ['MAL-2024-2'], affected: [affects('PyPI', 'thing', 'i:0')] });
const debians = (release: string) =>
  osv('DSA-1-1', { affected: [affects(`Debian:${release}`, 'other', 'i:0 f:1.0-1')] });

async function open(...records: OsvRecord[]) {
  async function* items() {
    for (const record of records) yield { kind: 'record', record } as const;
  }
  return buildAdvisoryIndexInMemory({ items: items(), source: 'test', syncedAt: undefined, fingerprint: '' });
}
const { owner, owned } = pairOf({ system: debian, packaged: '1.26.12-1+deb12u1', version: '1.26.12' });
const scan = async (components: readonly Component[], ...records: OsvRecord[]) => {
  using index = await open(...records);
  const { findings, left, undecided } = await scanComponents(components, index);
  return { found: findings.map(({ advisory }) => advisory), left, undecided };
};

test('a scan leaves out upstream’s records, not those of malicious packages, and says so', async () => {
  const left = [{ purl: owned.purl, distribution: 'Debian:12', package: owner.purl }];
  expect(await scan([owned, owner], upstream, debians('12'))).toEqual({ found: [], left, undecided: [] });
  const found = await scan([owned, owner], upstream, malicious, reviewed, debians('12'));
  expect(found).toMatchObject({ found: expect.arrayContaining(['GHSA-mal', 'MAL-2024-1']), left });
  expect(found.found).toHaveLength(2);
});

test('a scan without advisories of the release is as one of a component that nobody else brought', async () => {
  const found = { found: ['GHSA-up'], left: undefined };
  expect(await scan([owned, owner], upstream, debians('11'))).toMatchObject(found);
  expect(await scan([owned, owner], upstream)).toMatchObject(found);
});

test('what was decided is explained', async () => {
  using index = await open(upstream, malicious, debians('12'));
  const explain = async (id: string, components: readonly Component[], database = index) =>
    (await explainAdvisory(id, components, database)).map(({ outcome, because }) => `${outcome}: ${because}`);
  expect(await explain('GHSA-up', [owned, owner])).toEqual([
    `left: ${owner.purl} installed it: the advisories of Debian:12 are matched with that`,
  ]);
  expect(await explain('MAL-2024-1', [owned, owner])).toEqual([
    expect.stringMatching(/^affected: .*; a malicious package is not left to its distribution$/),
  ]);
  const older = { ...owned, version: '1.25', advisoryVersion: '1.25' };
  expect(await explain('GHSA-up', [older, owner])).toEqual([
    expect.stringMatching(/^affected: .*; not left to a distribution: .* is of another version$/),
  ]);
  using without = await open(upstream);
  expect(await explain('GHSA-up', [owned, owner], without)).toEqual([
    expect.stringMatching(/^affected: .*; not left to Debian:12, of which there are no advisories$/),
  ]);
});
