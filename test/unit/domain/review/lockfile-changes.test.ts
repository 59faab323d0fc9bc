/** What a change of a lockfile may hide, from its text to what the review says. */
import { describe, expect, test } from 'vitest';
import { reviewChange } from '../../../../domain/review/review-change.ts';
import { catalogTree } from '../catalog/catalog-text.ts';

const SHA = 'ab'.repeat(32);

/** Two forms of one file, `name`: what the second brings. */
function changes(name: string, base: string, head: string): string[] {
  const [before, after] = [base, head].map((text) => ({
    components: catalogTree({ [name]: text }),
    findings: [],
    undecided: [],
  }));
  const rules = { failOn: 'low', deniedLicences: [], ownNames: ['acme-*'], acceptedNames: [] } as const;
  if (before === undefined || after === undefined) throw new TypeError('two sides');
  return reviewChange(before, after, rules).concerns.map(
    ({ rule, level, component, message }) => `${level} ${rule} ${component.name}: ${message}`,
  );
}

describe('composer.lock', () => {
  const commit = (letter: string) => letter.repeat(40);
  const lock = (version: string, more: object = {}, others: readonly object[] = []) => {
    const one = {
      name: 'v/a',
      version,
      source: { type: 'git', url: 'https://github.com/v/a.git', reference: commit('a') },
      dist: {
        type: 'zip',
        url: `https://api.github.com/repos/V/a/zipball/${commit('a')}`,
        reference: commit('a'),
        shasum: '',
      },
      'notification-url': 'https://packagist.org/downloads/',
      ...more,
    };
    return JSON.stringify({ packages: [one, ...others] });
  };
  const dist = (url: string, more: object = {}) => ({
    dist: { type: 'zip', url, reference: commit('a'), shasum: '', ...more },
  });
  const before = 'before from https://github.com/v/a and https://packagist.org';

  test.each<[string, object, string]>([
    ['an archive of another repository', dist(`https://api.github.com/repos/evil/a/zipball/${commit('a')}`), 'evil/a'],
    ['the same by another call', dist(`https://codeload.github.com/evil/a/legacy.zip/${commit('a')}`), 'evil/a'],
    ['another repository', { source: { url: 'git@github.com:evil/a.git', reference: commit('a') } }, 'evil/a'],
    ['a mirror', dist('', { mirrors: [{ url: 'https://evil.example/%package%.zip', preferred: true }] }), ''],
  ])('%s, of the same version and of an update', (_, more, repository) => {
    const place = repository === '' ? 'https://evil.example' : `https://github.com/${repository}`;
    for (const version of ['1.0.0', '1.0.1'])
      expect(changes('composer.lock', lock('1.0.0'), lock(version, more))).toEqual([
        `error moved-source v/a: from ${place}, ${before}`,
      ]);
  });

  test('another commit under the same version, of either', () => {
    const message = 'error changed-hash v/a: the same version, and another hash than before in composer.lock';
    const archive = dist(`https://api.github.com/repos/v/a/zipball/${commit('b')}`, { reference: commit('b') });
    expect(changes('composer.lock', lock('1.0.0'), lock('1.0.0', archive))).toEqual([message]);
    const source = { source: { url: 'https://github.com/v/a.git', reference: commit('b') } };
    expect(changes('composer.lock', lock('1.0.0'), lock('1.0.0', source))).toEqual([message]);
    expect(changes('composer.lock', lock('1.0.0'), lock('1.1.0', { ...archive, ...source }))).toEqual([]);
  });

  test('a new package of a repository of its own, and one that has no commit', () => {
    const other = {
      name: 'v/b',
      version: '1.0',
      dist: { url: 'https://api.github.com/repos/v/b/zipball/x', reference: 'x' },
      source: { type: 'svn', url: 'https://github.com/v/b', reference: 'tags/1.0' },
    };
    expect(changes('composer.lock', lock('1.0.0'), lock('1.0.0', {}, [other]))).toEqual([]);
    const elsewhere = { ...other, dist: { url: 'https://evil.example/b.zip' } };
    expect(changes('composer.lock', lock('1.0.0'), lock('1.0.0', {}, [elsewhere]))).toEqual([
      'warning moved-source v/b: from https://evil.example, where no package came from before',
    ]);
  });
});

test('what is said to come inside of another package, in package-lock.json', () => {
  const integrity = `sha512-${btoa('x'.repeat(64))}`;
  const lock = (places: Record<string, object>) =>
    JSON.stringify({
      lockfileVersion: 3,
      packages: Object.fromEntries(
        Object.entries(places).map(([place, entry]) => [`node_modules/${place}`, { version: '1.0.0', ...entry }]),
      ),
    });
  const a = { integrity, dependencies: { b: '1', c: '1' } };
  const base = lock({ a, c: { integrity } });
  const inBundle = { inBundle: true };
  const [b, c, d] = ['a/node_modules/b', 'a/node_modules/c', 'a/node_modules/d'] as const;
  const missing = (name: string) => `error missing-hash ${name}: has no hash in a lockfile that has hashes`;
  // Asked for by the package around it, or by what lies in there with it.
  expect(
    changes('package-lock.json', base, lock({ a, [b]: { ...inBundle, dependencies: { d: '1' } }, [d]: inBundle })),
  ).toEqual([]);
  expect(changes('package-lock.json', base, lock({ a, [b]: inBundle, [`${b}/node_modules/e`]: inBundle }))).toEqual([]);
  // Asked for by nobody in there, or by what is fetched by itself.
  expect(changes('package-lock.json', base, lock({ a, [d]: inBundle }))).toEqual([missing('d')]);
  const apart = { a, [b]: { integrity, dependencies: { d: '1' } }, [d]: inBundle };
  expect(changes('package-lock.json', base, lock(apart))).toEqual([missing('d')]);
  // Beside the package: npm fetches it, and has nothing to check it by.
  expect(changes('package-lock.json', base, lock({ a, c: inBundle }))).toEqual([
    'error missing-hash c: has no hash, and had one before',
  ]);
  expect(changes('package-lock.json', base, lock({ a, c: { ...inBundle, version: '1.0.1' } }))).toEqual([
    'error missing-hash c: has no hash, and had one before',
  ]);
  expect(changes('package-lock.json', base, lock({ a, c: { ...inBundle, integrity } }))).toEqual([]);
  expect(changes('package-lock.json', base, lock({ a, [c]: inBundle }))).toEqual([]);
});

describe('files of Python packages elsewhere than their index', () => {
  const moved = 'error moved-source a: from https://evil.example, before from';
  const files = 'https://files.pythonhosted.org';

  test('uv.lock', () => {
    const lock = (version: string, sdist: string, wheel = files) => `version = 1
[[package]]
name = "a"
version = "${version}"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "${sdist}/a.tar.gz", hash = "sha256:${SHA}" }
wheels = [{ url = "${wheel}/a-1-py3-none-any.whl", hash = "sha256:${SHA}" }]
`;
    const expected = [`${moved} ${files} and https://pypi.org`];
    expect(changes('uv.lock', lock('1', files), lock('2', 'https://evil.example'))).toEqual(expected);
    expect(changes('uv.lock', lock('1', files), lock('2', files, 'https://evil.example'))).toEqual(expected);
    expect(changes('uv.lock', lock('1', files), lock('2', files))).toEqual([]);
  });

  test('pylock.toml', () => {
    const lock = (version: string, host: string) => `lock-version = "1.0"
[[packages]]
name = "a"
version = "${version}"
index = "https://pypi.org/simple"
wheels = [{ url = "${host}/a-1-py3-none-any.whl", hashes = { sha256 = "${SHA}" } }]
`;
    expect(changes('pylock.toml', lock('1', files), lock('2', 'https://evil.example'))).toEqual([
      `${moved} ${files} and https://pypi.org`,
    ]);
  });

  test('pdm.lock', () => {
    const lock = (version: string, host: string) => `[metadata]
lock_version = "4.5.0"
[[package]]
name = "a"
version = "${version}"
files = [{ url = "${host}/a-1.tar.gz", hash = "sha256:${SHA}" }]
`;
    expect(changes('pdm.lock', lock('1', files), lock('2', 'https://evil.example'))).toEqual([`${moved} ${files}`]);
  });
});

test('another module in the place of one, in go.mod', () => {
  const mod = (version: string, fork?: string) =>
    `module example.org/own\n\ngo 1.22\n\nrequire example.org/a ${version}\n${fork === undefined ? '' : `replace example.org/a => ${fork}\n`}`;
  const evil = 'example.org/evil/a';
  expect(changes('go.mod', mod('v1.0.0'), mod('v1.0.0', `${evil} v1.0.0`))).toEqual([
    `error moved-source ${evil}: replaces example.org/a@v1.0.0`,
  ]);
  expect(changes('go.mod', mod('v1.0.0', `${evil} v1.0.0`), mod('v1.1.0', `${evil} v1.2.0`))).toEqual([]);
  expect(changes('go.mod', mod('v1.0.0'), mod('v1.0.0', 'example.org/a v0.9.0'))).toEqual([]);
});

test('an archive of elsewhere in yarn.lock of yarn 2 and later', () => {
  const lock = (version: string, archive = '') => `__metadata:
  version: 8

"a@npm:^1":
  version: ${version}
  resolution: "a@npm:${version}${archive}"
  checksum: 10/${version}
`;
  const address = encodeURIComponent('https://evil.example/x.tgz');
  expect(changes('yarn.lock', lock('1.0.0'), lock('1.0.1', `::__archiveUrl=${address}`))).toEqual([
    'error moved-source a: from https://evil.example, before without an address',
  ]);
  const patched = (archive = '') => `__metadata:
  version: 8

"a@patch:a@npm%3A^1#./a.patch":
  version: 1.0.0
  resolution: "a@patch:a@npm%3A1.0.0${archive}#./a.patch::version=1.0.0&hash=abc"
  checksum: 10/abc
`;
  const inside = encodeURIComponent(`::__archiveUrl=${address}`);
  expect(changes('yarn.lock', patched(), patched(inside))).toEqual([
    'error moved-source a: from https://evil.example, before without an address',
  ]);
});

test('a second server of gems in one section of a Gemfile.lock', () => {
  const lock = (...remotes: string[]) =>
    `GEM\n${remotes.map((remote) => `  remote: ${remote}\n`).join('')}  specs:\n    a (1.0)\n\nDEPENDENCIES\n  a\n`;
  const gems = 'https://rubygems.org/';
  expect(changes('Gemfile.lock', lock(gems), lock('https://evil.example/', gems))).toEqual([
    'error moved-source a: from https://evil.example, before from https://rubygems.org',
  ]);
});

test('a second index of a Pipfile.lock', () => {
  const source = (name: string, url: string) => ({ name, url, verify_ssl: true });
  const lock = (index: string | undefined, ...sources: object[]) =>
    JSON.stringify({ _meta: { sources }, default: { a: { version: '==1', index } }, develop: {} });
  const pypi = source('pypi', 'https://pypi.org/simple');
  const expected = ['error moved-source a: from https://evil.example, before from https://pypi.org'];
  const evil = source('evil', 'https://evil.example/simple');
  expect(changes('Pipfile.lock', lock(undefined, pypi), lock(undefined, pypi, evil))).toEqual(expected);
  expect(changes('Pipfile.lock', lock('pypi', pypi), lock('pypi', pypi, evil))).toEqual([]);
  expect(changes('Pipfile.lock', lock('pypi', pypi), lock('pypi', { ...evil, name: 'pypi' }, pypi))).toEqual(expected);
});

describe('a second index of a requirements file', () => {
  const added = 'error moved-source a: from https://evil.example, before';
  test.each([
    ['--extra-index-url https://evil.example/simple', `${added} without an address`],
    ['--extra-index-url=https://u:p@evil.example/simple', `${added} without an address`],
    ['--extra https://evil.example/simple', `${added} without an address`],
    ['-ihttps://evil.example/simple', `${added} without an address`],
    ['--pypi-url "https://evil.example/simple"', `${added} without an address`],
    ['--pre --find-links https://evil.example/', `${added} without an address`],
    ['-f \\\n  https://evil.example/', `${added} without an address`],
    ['-f ./wheels', undefined],
    ['--extra-index-url https://pypi.org/simple', undefined],
    ['# --extra-index-url https://evil.example/simple', undefined],
    ['--trusted-host evil.example', undefined],
  ])('%s', (line, expected) => {
    const listed = 'a==1\n';
    expect(changes('requirements.txt', listed, `${line}\n${listed}`)).toEqual(expected === undefined ? [] : [expected]);
  });

  test('beside one that is named, the order is no matter', () => {
    const [own, evil] = ['-i https://pypi.example.org/simple\n', '--extra-index-url https://evil.example\n'];
    expect(changes('requirements.txt', `${own}a==1`, `${evil}${own}a==1`)).toEqual([
      `${added} from https://pypi.example.org`,
    ]);
  });

  test('named in a file that takes the packages in, or that is taken in beside them', () => {
    const tree = (root: string, more: string) =>
      catalogTree({
        'requirements.txt': `-r requirements/a.txt\n--req requirements/more.txt\n${root}`,
        'requirements/a.txt': 'a==1\nb @ https://example.org/b.whl\n',
        'requirements/more.txt': more,
        'other/requirements.txt': 'c==1',
      }).map(({ name, fetchedFrom }) => [name, fetchedFrom]);
    const index = '-i https://pypi.example.org';
    const indexed = [
      ['a', ['https://pypi.example.org']],
      ['b', undefined],
      ['c', undefined],
    ];
    expect(tree(index, '')).toEqual(indexed);
    expect(tree('', index)).toEqual(indexed);
    expect(tree('', '')).toEqual(indexed.map(([name]) => [name, undefined]));
  });

  test('a name of ours is looked for at PyPI too', () => {
    const listed = '--extra-index-url https://pypi.acme.example\nacme-a==1\n';
    expect(changes('requirements.txt', listed, listed)).toEqual([
      'error dependency-confusion acme-a: a name of ours, from https://pypi.org',
    ]);
    const alone = listed.replace('extra-', '');
    expect(changes('requirements.txt', alone, alone)).toEqual([]);
  });
});
