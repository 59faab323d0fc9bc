import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import type { Component } from '../../../../domain/sbom/component.ts';
import { diffFindings } from '../../../../domain/sbom/diff-findings.ts';
import { diffStocks } from '../../../../domain/sbom/diff-stocks.ts';
import { countDrift } from '../../../../domain/sbom/drift.ts';

const npm = (name: string, version: string, more: Partial<Component> = {}): Component => ({
  purl: `pkg:npm/${name}@${version}`,
  ecosystem: 'npm',
  advisoryName: name,
  name,
  version,
  advisoryVersion: version,
  licences: [],
  hashes: [],
  dependsOn: [],
  scope: 'runtime',
  locations: [{ path: 'package-lock.json' }],
  foundBy: 'npm-lockfile',
  ...more,
});
const debian = (name: string, version: string, arch = 'amd64'): Component =>
  npm(name, version, { ecosystem: 'Debian', purl: `pkg:deb/debian/${name}@${version}?arch=${arch}`, foundBy: 'dpkg' });
const mit = { licences: [{ kind: 'expression', expression: 'MIT' }] } as const;
const sha = (value: string) => ({ hashes: [{ algorithm: 'SHA-512', value }] }) as const;

/** `added a@1`, `upgraded a 1→2`, `licence a`, in the order of the lists. */
function told(before: readonly Component[], after: readonly Component[]): string[] {
  const { added, removed, changed, licences } = diffStocks({ components: before }, { components: after });
  return [
    ...added.map(({ name, version }) => `added ${name}@${version}`),
    ...removed.map(({ name, version }) => `removed ${name}@${version}`),
    ...changed.map((one) => `${one.direction} ${one.before.name} ${one.before.version}→${one.after.version}`),
    ...licences.map(({ after: { name } }) => `licence ${name}`),
  ];
}

describe('what differs', () => {
  test.each<[string, Component[], Component[], string[]]>([
    ['nothing', [npm('a', '1.0.0')], [npm('a', '1.0.0')], []],
    ['a package came and one went', [npm('a', '1.0.0')], [npm('b', '1.0.0')], ['added b@1.0.0', 'removed a@1.0.0']],
    [
      'up and down by numbers',
      [npm('a', '9.0.0'), npm('b', '10.0.0')],
      [npm('a', '10.0.0'), npm('b', '9.0.0')],
      ['upgraded a 9.0.0→10.0.0', 'downgraded b 10.0.0→9.0.0'],
    ],
    [
      'a pre-release is before its release',
      [npm('a', '1.0.0')],
      [npm('a', '1.0.0-rc.1')],
      ['downgraded a 1.0.0→1.0.0-rc.1'],
    ],
    ['Debian’s tilde', [debian('a', '1.0~rc1-1')], [debian('a', '1.0-1')], ['upgraded a 1.0~rc1-1→1.0-1']],
    ['no version of the ecosystem', [npm('a', 'main')], [npm('a', 'next')], ['unordered a main→next']],
    [
      'one of two versions is updated',
      [npm('a', '1.0.0'), npm('a', '2.0.0')],
      [npm('a', '1.0.0'), npm('a', '2.0.1')],
      ['upgraded a 2.0.0→2.0.1'],
    ],
    ['a second version', [npm('a', '1.0.0')], [npm('a', '1.0.0'), npm('a', '2.0.0')], ['added a@2.0.0']],
    [
      'two versions become one',
      [npm('a', '1.0.0'), npm('a', '2.0.0')],
      [npm('a', '3.0.0')],
      ['removed a@2.0.0', 'upgraded a 1.0.0→3.0.0'],
    ],
    ['one name in two ecosystems', [npm('a', '1.0.0')], [debian('a', '1.0.0')], ['added a@1.0.0', 'removed a@1.0.0']],
    [
      'the same version, other bytes',
      [npm('a', '1.0.0', sha('aa'))],
      [npm('a', '1.0.0', sha('bb'))],
      ['same a 1.0.0→1.0.0'],
    ],
    ['a side that knows no hash', [npm('a', '1.0.0', sha('aa'))], [npm('a', '1.0.0')], []],
    ['a licence', [npm('a', '1.0.0')], [npm('a', '1.0.0', mit)], ['licence a']],
    [
      'two licences, as one expression and as two claims',
      [npm('a', '1.0.0', { licences: [{ kind: 'expression', expression: 'Zlib AND (MIT OR ISC)' }] })],
      [
        npm('a', '1.0.0', {
          licences: ['MIT OR ISC', 'Zlib'].map((expression) => ({ kind: 'expression', expression }) as const),
        }),
      ],
      [],
    ],
    ['version and licence', [npm('a', '1.0.0')], [npm('a', '1.0.1', mit)], ['upgraded a 1.0.0→1.0.1', 'licence a']],
    [
      'two architectures of one version',
      [debian('a', '1', 'amd64'), debian('a', '1', 'i386')],
      [debian('a', '1', 'i386'), debian('a', '1', 'amd64')],
      [],
    ],
    [
      'one architecture less',
      [debian('a', '1', 'amd64'), debian('a', '1', 'i386')],
      [debian('a', '1', 'i386')],
      ['removed a@1'],
    ],
    [
      'the same purl with other qualifiers, as another tool writes it',
      [debian('a', '1')],
      [{ ...debian('a', '1'), purl: 'pkg:deb/debian/a@1?arch=amd64&distro=debian-12' }],
      [],
    ],
  ])('%s', (_name, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });

  const spelt = (ecosystem: Component['ecosystem'], name: string, version: string) =>
    npm(name, version, { ecosystem, purl: `pkg:generic/${encodeURIComponent(name)}@${version}` });

  test.each<[Component['ecosystem'], string, string]>([
    ['PyPI', 'Jinja2', 'jinja2'],
    ['PyPI', 'ruamel.yaml', 'ruamel-yaml'],
    ['NuGet', 'Newtonsoft.Json', 'newtonsoft.json'],
    ['Packagist', 'Monolog/Monolog', 'monolog/monolog'],
    ['GitHub Actions', 'Actions/Checkout', 'actions/checkout'],
  ])('%s: %s and %s are one package', (ecosystem, one, other) => {
    expect(told([spelt(ecosystem, one, '2.0.0')], [spelt(ecosystem, other, '2.0.0')])).toEqual([]);
    expect(told([spelt(ecosystem, one, '2.0.0')], [spelt(ecosystem, other, '1.0.0')])).toEqual([
      `downgraded ${one} 2.0.0→1.0.0`,
    ]);
  });

  const python = (own: string[], locked?: string[]) =>
    npm('a', '1.0', {
      ecosystem: 'PyPI',
      purl: 'pkg:pypi/a@1.0',
      hashes: own.map((value) => ({ algorithm: 'SHA-256', value })),
      ...(locked === undefined
        ? {}
        : { lockedHashes: [{ path: 'uv.lock', values: locked.map((one) => `SHA-256:${one}`) }] }),
    });
  const otherBytes = ['same a 1.0→1.0'];

  test.each<[string, Component, Component, string[]]>([
    ['a lockfile, and one that does not name its files', python(['w'], ['s', 'w']), python([], ['s', 'w']), []],
    ['the same one with a file more', python([], ['s', 'w']), python([], ['p', 's', 'w']), []],
    ['a lockfile, and one with the file for one platform alone', python(['w'], ['p', 'w']), python(['p']), []],
    ['an SBOM, which has one hash, and a lockfile', python(['w']), python([], ['s', 'w']), []],
    ['no file in common', python([], ['s', 'w']), python([], ['x', 'y']), otherBytes],
    [
      'no file in common with the only one that is named',
      python(['w'], ['s', 'w']),
      python([], ['x', 'y']),
      otherBytes,
    ],
    ['the file for all platforms is another one', python(['w'], ['s', 'w']), python(['x'], ['s', 'x']), otherBytes],
  ])('files of a version on PyPI: %s', (_name, before, after, expected) => {
    expect(told([before], [after])).toEqual(expected);
    expect(told([after], [before])).toEqual(expected);
  });

  const commit = (letter: string) => letter.repeat(40);
  const git = (address: string, more: Partial<Component> = {}) =>
    npm('a', '1.0.0', { purl: `pkg:npm/a@1.0.0?vcs_url=${encodeURIComponent(address)}`, ...more });
  const github = 'git+https://github.com/o/a.git';
  const others = { foundBy: 'sbom' };
  const installed = { foundBy: 'node-modules' };
  const from = { fetchedFrom: ['https://registry.npmjs.org'] };

  test.each<[string, Component, Component, string[]]>([
    ['another commit', git(`${github}@${commit('a')}`), git(`${github}@${commit('b')}`), ['source a 1.0.0→1.0.0']],
    [
      'another repository',
      git(`${github}@${commit('a')}`),
      git(`git+https://github.com/evil/a.git@${commit('a')}`),
      ['source a 1.0.0→1.0.0'],
    ],
    ['a repository instead of the registry', npm('a', '1.0.0'), git(`${github}@v1`), ['source a 1.0.0→1.0.0']],
    ['no repository any more', git(`${github}@v1`), npm('a', '1.0.0'), ['source a 1.0.0→1.0.0']],
    [
      'a file instead of a repository',
      git(`${github}@v1`),
      npm('a', '1.0.0', { purl: 'pkg:npm/a@1.0.0?download_url=https:%2F%2Fexample.org%2Fa.tgz' }),
      ['source a 1.0.0→1.0.0'],
    ],
    [
      'charts of another repository',
      npm('a', '1', { ecosystem: 'generic', purl: 'pkg:helm/a@1?repository_url=https:%2F%2Fa.example' }),
      npm('a', '1', { ecosystem: 'generic', purl: 'pkg:helm/a@1?repository_url=https:%2F%2Fb.example' }),
      ['source a 1→1'],
    ],
    [
      'one commit of one repository, as npm writes it and others do',
      git(`git+ssh://git@github.com/o/a.git#${commit('a')}`),
      git(`git+https://github.com/o/a@${commit('a')}`),
      [],
    ],
    ['a document of another tool, which tells no repository', git(`${github}@v1`), npm('a', '1.0.0', others), []],
    ['a folder, which does not know it', git(`${github}@v1`), npm('a', '1.0.0', installed), []],
    [
      'a folder with its lockfile',
      git(`${github}@v1`),
      npm('a', '1.0.0', { ...installed, ...from }),
      ['source a 1.0.0→1.0.0'],
    ],
  ])('the same version from elsewhere: %s', (_name, before, after, expected) => {
    expect(told([before], [after])).toEqual(expected);
  });

  const stock = fc.uniqueArray(
    fc
      .record({ name: fc.constantFrom('a', 'b', 'c'), version: fc.constantFrom('1.0.0', '1.1.0', '2.0.0', 'x') })
      .map(({ name, version }) => npm(name, version)),
    { selector: ({ purl }) => purl, maxLength: 12 },
  );

  test('nothing is lost or counted twice, and the other way round is the opposite', () => {
    fc.assert(
      fc.property(stock, stock, (before, after) => {
        const there = diffStocks({ components: before }, { components: after });
        const back = diffStocks({ components: after }, { components: before });
        expect(there.added.length + there.changed.length + there.same).toBe(after.length);
        expect(there.removed.length + there.changed.length + there.same).toBe(before.length);
        expect(back.added).toEqual(there.removed);
        expect(back.removed).toEqual(there.added);
        const opposite = {
          upgraded: 'downgraded',
          downgraded: 'upgraded',
          unordered: 'unordered',
          source: 'source',
          same: 'same',
        };
        expect(back.changed.map(({ direction }) => direction)).toEqual(
          there.changed.map(({ direction }) => opposite[direction]),
        );
        expect(told(before, before)).toEqual([]);
      }),
    );
  });
});

test('counts by kind; without advisories none are gained', () => {
  const difference = diffStocks(
    { components: [npm('a', '2.0.0'), npm('b', '1.0.0')] },
    { components: [npm('a', '1.0.0', mit), npm('c', '1.0.0')] },
  );
  expect(countDrift(difference, undefined)).toEqual({
    added: 1,
    removed: 1,
    changed: 1,
    downgraded: 1,
    licence: 1,
    advisory: 0,
  });
});

test('an advisory is gained by the package, not by the version: an update that does not help changes nothing', () => {
  const finding = (advisory: string, name: string, version: string, aliases: string[] = []): Finding => ({
    advisory,
    aliases,
    summary: '',
    severity: 'high',
    purl: `pkg:npm/${name}@${version}`,
    name,
    version,
    locations: [],
  });
  const unclear = (purl: string, advisory?: string) => ({ purl, reason: 'no version', ...(advisory && { advisory }) });
  const { gained, lost, undecided } = diffFindings(
    {
      findings: [
        finding('GHSA-1', 'a', '1.0.0'),
        finding('GHSA-2', 'b', '1.0.0'),
        // GitHub and the ecosystem disagree about the versions: for the newer one only the ecosystem's record speaks.
        finding('GHSA-4', 'd', '1.4.0', ['CVE-4', 'PYSEC-4']),
      ],
      undecided: [unclear('pkg:npm/old', 'GHSA-9')],
    },
    {
      findings: [
        finding('GHSA-1', 'a', '1.0.1'),
        finding('GHSA-3', 'a', '1.0.1'),
        finding('PYSEC-4', 'd', '1.6.0', ['CVE-4']),
        // The same vulnerability in another package is another finding.
        finding('PYSEC-4', 'e', '1.6.0', ['CVE-4']),
      ],
      undecided: [unclear('pkg:npm/old', 'GHSA-9'), unclear('pkg:npm/new', 'GHSA-9'), unclear('pkg:generic/x')],
    },
  );
  expect(undecided).toEqual([unclear('pkg:npm/new', 'GHSA-9')]);
  expect(gained.map(({ advisory, name }) => [advisory, name])).toEqual([
    ['GHSA-3', 'a'],
    ['PYSEC-4', 'e'],
  ]);
  expect(lost.map(({ advisory }) => advisory)).toEqual(['GHSA-2']);
});

test('as many entries of one package and version as an SBOM may have', () => {
  const builds = Array.from({ length: 130_000 }, (_, index) => npm('a', '1', { purl: `pkg:npm/a@1?build=${index}` }));
  expect(diffStocks({ components: [] }, { components: builds }).added.length).toBe(130_000);
  expect(diffStocks({ components: builds }, { components: builds.slice(1) }).removed.length).toBe(1);
  const others = builds.map((one) => ({ ...one, licences: mit.licences }));
  expect(diffStocks({ components: builds }, { components: others }).licences.length).toBe(130_000);
});
