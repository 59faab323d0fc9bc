import { describe, expect, test } from 'vitest';
import { catalogerFor, layerCatalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { brief, catalogText, catalogTree } from './catalog-text.ts';

const SHA = 'ab'.repeat(32);
const COMMIT = 'ef'.repeat(20);

describe('Cargo.lock', () => {
  test('version 3: several versions of one name, git, the project itself', () => {
    const components = catalogTree({
      'Cargo.lock': `version = 3
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["a"]
[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "${SHA}"
dependencies = ["b 2.0.0", "g"]
[[package]]
name = "b"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "b"
version = "2.0.0"
source = "sparse+https://crates.example.org/index/"
[[package]]
name = "g"
version = "0.1.0"
source = "git+https://github.com/o/g?branch=main#${COMMIT}"
`,
    });
    expect(brief(components)).toEqual([
      [
        'pkg:cargo/a@1.0.0',
        'runtime',
        'pkg:cargo/b@2.0.0',
        `pkg:cargo/g@0.1.0?vcs_url=git+https://github.com/o/g@${COMMIT}`,
      ],
      ['pkg:cargo/b@1.0.0', 'runtime'],
      ['pkg:cargo/b@2.0.0', 'runtime'],
      [`pkg:cargo/g@0.1.0?vcs_url=git+https://github.com/o/g@${COMMIT}`, 'runtime'],
    ]);
    expect(components[0]).toMatchObject({ hashes: [{ value: SHA }], fetchedFrom: ['https://crates.io'] });
    expect(components[2]?.fetchedFrom).toEqual(['https://crates.example.org']);
  });

  test('version 1: checksums apart, sources in dependencies', () => {
    const index = 'registry+https://github.com/rust-lang/crates.io-index';
    const components = catalogTree({
      'Cargo.lock': `[[package]]
name = "a"
version = "1.0.0"
source = "${index}"
dependencies = ["b 1.0.0 (${index})"]
[[package]]
name = "b"
version = "1.0.0"
source = "${index}"
[metadata]
"checksum a 1.0.0 (${index})" = "${SHA}"
`,
    });
    expect(brief(components)).toEqual([
      ['pkg:cargo/a@1.0.0', 'runtime', 'pkg:cargo/b@1.0.0'],
      ['pkg:cargo/b@1.0.0', 'runtime'],
    ]);
    expect(components[0]?.hashes).toEqual([{ algorithm: 'SHA-256', value: SHA }]);
  });
});

test('Gemfile.lock: platforms, git, paths, checksums, edges', () => {
  const components = catalogTree({
    'Gemfile.lock': `GIT
  remote: https://github.com/o/g.git
  revision: ${COMMIT}
  specs:
    g (0.1.0)

PATH
  remote: .
  specs:
    own (1.0.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.16.0)
      racc (~> 1.4)
    nokogiri (1.16.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.3)

DEPENDENCIES
  nokogiri
  own!

CHECKSUMS
  racc (1.7.3) sha256=${SHA}

BUNDLED WITH
   2.5.0
`,
  });
  expect(brief(components)).toEqual([
    [`pkg:gem/g@0.1.0?vcs_url=git+https://github.com/o/g.git@${COMMIT}`, 'runtime'],
    ['pkg:gem/nokogiri@1.16.0', 'runtime', 'pkg:gem/racc@1.7.3'],
    ['pkg:gem/racc@1.7.3', 'runtime'],
  ]);
  expect(components[2]).toMatchObject({ hashes: [{ value: SHA }], fetchedFrom: ['https://rubygems.org'] });
});

test('composer.lock: development, licences, branches, folders', () => {
  const source = { type: 'git', url: 'https://github.com/v/b.git', reference: COMMIT };
  const components = catalogTree({
    'composer.lock': JSON.stringify({
      packages: [
        {
          name: 'V/A',
          version: 'v1.0.0',
          source,
          require: { php: '>=8', 'v/b': '*' },
          license: ['MIT', 'GPL-2.0-only'],
        },
        { name: 'v/b', version: 'dev-main', source, dist: { type: 'zip', shasum: '' }, license: ['MIT'] },
        { name: 'v/own', version: '1.0.0', dist: { type: 'path', url: '../own' } },
      ],
      'packages-dev': [{ name: 'v/c', version: '2.0.0' }],
    }),
  });
  expect(brief(components)).toEqual([
    [
      'pkg:composer/v/a@v1.0.0',
      'runtime',
      `pkg:composer/v/b@dev-main?vcs_url=git+https://github.com/v/b.git@${COMMIT}`,
    ],
    [`pkg:composer/v/b@dev-main?vcs_url=git+https://github.com/v/b.git@${COMMIT}`, 'runtime'],
    ['pkg:composer/v/c@2.0.0', 'development'],
  ]);
  expect(components[0]?.licences).toEqual([{ kind: 'expression', expression: 'MIT OR GPL-2.0-only' }]);
});

describe('Gradle', () => {
  test('gradle.lockfile: what only tests use', () => {
    const text =
      '# This is a Gradle generated file\ng:a:1.0=compileClasspath,testRuntimeClasspath\ng:t:2.0=testCompileClasspath,debugUnitTestRuntimeClasspath\ng:l:3.0=latestRuntime\nempty=annotationProcessor\n';
    expect(brief(catalogTree({ 'gradle.lockfile': text }))).toEqual([
      ['pkg:maven/g/a@1.0', 'runtime'],
      ['pkg:maven/g/l@3.0', 'runtime'],
      ['pkg:maven/g/t@2.0', 'development'],
    ]);
  });

  test('libs.versions.toml: references, rich versions, plugins, what floats', () => {
    const text = `[versions]
a = "1.0"
rich = { strictly = "[1.5]", prefer = "1.5" }
[libraries]
a = { module = "g:a", version.ref = "a" }
b = { group = "g", name = "b", version = { ref = "rich" } }
c = "g:c:3.0"
d = { module = "g:d", version = "2.+" }
e = { module = "g:e" }
[plugins]
p = { id = "org.example.p", version.ref = "a" }
q = "org.example.q:4.0"
`;
    expect(catalogTree({ 'gradle/libs.versions.toml': text }).map(({ purl }) => purl)).toEqual([
      'pkg:maven/g/a@1.0',
      'pkg:maven/g/b@1.5',
      'pkg:maven/g/c@3.0',
      'pkg:maven/g/d',
      'pkg:maven/g/e',
      'pkg:maven/org.example.p/org.example.p.gradle.plugin@1.0',
      'pkg:maven/org.example.q/org.example.q.gradle.plugin@4.0',
    ]);
  });
});

test('mix.lock: Hex and Git, names of their own, edges', () => {
  const components = catalogTree({
    'mix.lock': `%{
  "a": {:hex, :real_a, "1.0.0", "${'00'.repeat(32)}", [:mix], [{:b, "~> 2.0", [hex: :b, repo: "hexpm", optional: false]}, {:gone, ">= 0.0.0", [hex: :gone, repo: "hexpm", optional: true]}], "hexpm", "${SHA}"},
  "b" => {:hex, :b, "2.0.0", "${'00'.repeat(32)}", [:mix, :rebar3], [], "hexpm", "${SHA}"},
  "g": {:git, "https://github.com/o/g.git", "${COMMIT}", [branch: "main"]},
}
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:hex/b@2.0.0', 'runtime'],
    [`pkg:hex/g?vcs_url=git+https://github.com/o/g.git@${COMMIT}`, 'runtime'],
    ['pkg:hex/real_a@1.0.0', 'runtime', 'pkg:hex/b@2.0.0'],
  ]);
  expect(components[2]).toMatchObject({ hashes: [{ value: SHA }], fetchedFrom: ['https://repo.hex.pm'] });
  for (const text of ['%{"a": System.cmd("x")}', '', '%{', `${'['.repeat(100_000)}`])
    expect(() => catalogText('mix.lock', text)).toThrow(expect.objectContaining({ name: 'CatalogError' }));
});

test('pubspec.lock', () => {
  const components = catalogTree({
    'pubspec.lock': `# Generated by pub
packages:
  a:
    dependency: "direct main"
    description:
      name: a
      sha256: ${SHA}
      url: "https://pub.dev"
    source: hosted
    version: "1.0.0"
  d:
    dependency: "direct dev"
    description:
      name: d
      url: "https://pub.dev"
    source: hosted
    version: "1.10"
  flutter:
    dependency: "direct main"
    description: flutter
    source: sdk
    version: "0.0.0"
  g:
    dependency: transitive
    description:
      path: "."
      ref: main
      resolved-ref: ${COMMIT}
      url: "https://github.com/o/g.git"
    source: git
    version: "0.1.0"
sdks:
  dart: ">=3.0.0 <4.0.0"
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:pub/a@1.0.0', 'runtime'],
    ['pkg:pub/d@1.10', 'development'],
    [`pkg:pub/g@0.1.0?vcs_url=git+https://github.com/o/g.git@${COMMIT}`, 'runtime'],
  ]);
  expect(components[0]).toMatchObject({ hashes: [{ value: SHA }], fetchedFrom: ['https://pub.dev'] });
});

test.each([
  [
    1,
    {
      object: {
        pins: [
          { package: 'A', repositoryURL: 'https://github.com/o/A.git', state: { revision: COMMIT, version: '1.0.0' } },
        ],
      },
    },
  ],
  [
    2,
    {
      pins: [
        {
          identity: 'a',
          kind: 'remoteSourceControl',
          location: 'git@github.com:o/A.git',
          state: { revision: COMMIT, version: '1.0.0' },
        },
      ],
    },
  ],
  [
    3,
    {
      originHash: 'x',
      pins: [{ identity: 'a', location: 'https://github.com/o/A', state: { revision: COMMIT, version: '1.0.0' } }],
    },
  ],
])('Package.resolved, version %i', (version, content) => {
  const [pin] = catalogTree({ 'Package.resolved': JSON.stringify({ version, ...content }) });
  expect(pin).toMatchObject({ purl: 'pkg:swift/github.com/o/A@1.0.0', name: 'github.com/o/A', checksum: COMMIT });
});

test.each([
  { kind: 'localSourceControl', location: '/Users/x/beside' },
  { package: 'Beside', repositoryURL: '../beside' },
  { package: 'Beside', repositoryURL: 'file:///Users/x/beside' },
])('Package.resolved: a repository in a folder is the project’s own: %j', (own) => {
  const state = { revision: COMMIT, version: '1.0.0' };
  const pins = [
    { ...own, state },
    { identity: 'a', location: 'https://github.com/o/A', state },
  ];
  const found = catalogTree({ 'Package.resolved': JSON.stringify({ version: 2, pins }) });
  expect(found.map(({ name }) => name)).toEqual(['github.com/o/A']);
});

test.each([
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'poetry.lock',
  'uv.lock',
  'pdm.lock',
  'pylock.toml',
  'Pipfile.lock',
  'requirements.txt',
  'go.mod',
  'go.sum',
  'Cargo.lock',
  'pom.xml',
  'gradle.lockfile',
  'gradle/libs.versions.toml',
  'Gemfile.lock',
  'composer.lock',
  'packages.lock.json',
  'packages.config',
  'a/App.csproj',
  'mix.lock',
  'pubspec.lock',
  'Package.resolved',
  '.github/workflows/ci.yaml',
  'Dockerfile',
  'Chart.lock',
  '.terraform.lock.hcl',
])('%s is read in a tree of sources, not in an image, nor in an installed package', (path) => {
  expect(catalogerFor(path)).toBeDefined();
  expect(layerCatalogerFor(path)).toBeUndefined();
  expect(catalogerFor(`node_modules/a/${path}`)).toBeUndefined();
  expect(catalogerFor(`usr/lib/ruby/gems/3.1.0/gems/rbs-2.1.0/${path}`)).toBeUndefined();
});
