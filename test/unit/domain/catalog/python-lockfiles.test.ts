import { describe, expect, test } from 'vitest';
import { brief, catalogText, catalogTree, stockOfTree } from './catalog-text.ts';

const SHA = 'ab'.repeat(32);
const SHA_OF_WHEEL = 'cd'.repeat(32);

describe('poetry.lock', () => {
  test('groups, categories, optional packages, sources; the file for all platforms comes first', () => {
    const components = catalogTree({
      'poetry.lock': `
[[package]]
name = "Zope.Interface"
version = "1.0"
optional = false
groups = ["main", "dev"]
files = [
  {file = "zope_interface-1.0.tar.gz", hash = "sha256:${SHA}"},
  {file = "zope_interface-1.0-py3-none-any.whl", hash = "sha256:${SHA_OF_WHEEL}"},
]
[package.dependencies]
typing_extensions = ">=4"

[[package]]
name = "typing-extensions"
version = "4.1"
optional = true
groups = ["main"]

[[package]]
name = "pytest"
version = "8.0"
category = "dev"
optional = false

[[package]]
name = "from-git"
version = "0.1.0"
groups = ["dev"]
[package.source]
type = "git"
url = "https://token@github.com/o/r.git"
reference = "main"
resolved_reference = "${'ef'.repeat(20)}"

[[package]]
name = "internal"
version = "2"
groups = ["main"]
[package.source]
type = "legacy"
url = "https://pypi.example.org/simple"

[[package]]
name = "beside"
version = "1"
groups = ["main"]
[package.source]
type = "directory"
url = "../beside"
`,
    });
    expect(brief(components)).toEqual([
      [`pkg:pypi/from-git@0.1.0?vcs_url=git+https://github.com/o/r.git@${'ef'.repeat(20)}`, 'development'],
      ['pkg:pypi/internal@2', 'runtime'],
      ['pkg:pypi/pytest@8.0', 'development'],
      ['pkg:pypi/typing-extensions@4.1', 'optional'],
      ['pkg:pypi/zope-interface@1.0', 'runtime', 'pkg:pypi/typing-extensions@4.1'],
    ]);
    expect(components.at(-1)?.hashes).toEqual([{ algorithm: 'SHA-256', value: SHA_OF_WHEEL }]);
    expect(components[1]?.fetchedFrom).toEqual(['https://pypi.example.org']);
  });
});

test('uv.lock: the project’s own packages decide the scopes and are left out', () => {
  const components = catalogTree({
    'uv.lock': `version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "a" }]
[package.optional-dependencies]
extra = [{ name = "o" }]
[package.dev-dependencies]
dev = [{ name = "d" }]

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "b", version = "2.0" }]
wheels = [{ url = "https://files.pythonhosted.org/a-1.0-py3-none-any.whl", hash = "sha256:${SHA}" }]

[[package]]
name = "b"
version = "2.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "b"
version = "1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "o"
version = "1.0"
source = { url = "https://example.org/o-1.0.tar.gz?token=secret" }

[[package]]
name = "d"
version = "1.0"
source = { git = "https://github.com/o/d?rev=main#${'ef'.repeat(20)}" }
dependencies = [{ name = "b", version = "1.0" }]
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:pypi/a@1.0', 'runtime', 'pkg:pypi/b@2.0'],
    ['pkg:pypi/b@1.0', 'development'],
    ['pkg:pypi/b@2.0', 'runtime'],
    [`pkg:pypi/d@1.0?vcs_url=git+https://github.com/o/d@${'ef'.repeat(20)}`, 'development', 'pkg:pypi/b@1.0'],
    ['pkg:pypi/o@1.0?download_url=https://example.org/o-1.0.tar.gz', 'optional'],
  ]);
  expect(components[0]).toMatchObject({
    fetchedFrom: ['https://files.pythonhosted.org', 'https://pypi.org'],
    hashes: [{ value: SHA }],
  });
});

test('uv.lock: what a root that is no project asks for, in groups, and a script', () => {
  const components = catalogTree({
    'uv.lock': `version = 1
[manifest]
members = ["app"]
requirements = [{ name = "r", specifier = ">=1" }]
[manifest.dependency-groups]
dev = [{ name = "d" }]

[[package]]
name = "d"
version = "1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "r"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:pypi/d@1.0', 'development'],
    ['pkg:pypi/r@1.0', 'runtime'],
  ]);
});

test('pdm.lock', () => {
  const components = catalogTree({
    'pdm.lock': `
[metadata]
lock_version = "4.5.0"

[[package]]
name = "a"
version = "1.0"
groups = ["default"]
dependencies = ["b>=1; python_version > '3'"]
files = [{file = "a-1.0.tar.gz", hash = "sha256:${SHA}"}]

[[package]]
name = "b"
version = "2.0"
groups = ["dev"]

[[package]]
name = "c"
version = "1"
groups = ["docs"]
git = "https://github.com/o/c.git"
revision = "${'ef'.repeat(20)}"

[[package]]
name = "beside"
version = "1"
path = "./beside"
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:pypi/a@1.0', 'runtime', 'pkg:pypi/b@2.0'],
    ['pkg:pypi/b@2.0', 'development'],
    [`pkg:pypi/c@1?vcs_url=git+https://github.com/o/c.git@${'ef'.repeat(20)}`, 'optional'],
  ]);
  expect(components[0]?.hashes).toEqual([{ algorithm: 'SHA-256', value: SHA }]);
});

test('pylock.toml of PEP 751', () => {
  const components = catalogTree({
    'pylock.dev.toml': `lock-version = "1.0"
[[packages]]
name = "a"
version = "1.0"
index = "https://pypi.org/simple"
dependencies = [{ name = "b" }]
wheels = [{ name = "a-1.0-py3-none-any.whl", hashes = { sha256 = "${SHA}" } }]
[[packages]]
name = "b"
vcs = { type = "git", url = "https://github.com/o/b", commit-id = "${'ef'.repeat(20)}" }
`,
  });
  expect(brief(components)).toEqual([
    ['pkg:pypi/a@1.0', 'runtime', components[1]?.purl ?? ''].map(decodeURIComponent),
    [`pkg:pypi/b?vcs_url=git+https://github.com/o/b@${'ef'.repeat(20)}`, 'runtime'],
  ]);
  expect(components[0]).toMatchObject({ fetchedFrom: ['https://pypi.org'], hashes: [{ value: SHA }] });
  expect(() => catalogText('pylock.toml', 'lock-version = "2.0"\n')).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }),
  );
});

test('Pipfile.lock', () => {
  const components = catalogTree({
    'Pipfile.lock': JSON.stringify({
      _meta: { sources: [{ name: 'pypi', url: 'https://user:secret@pypi.example.org/simple' }] },
      default: {
        a: { version: '==1.0', index: 'pypi', hashes: [`sha256:${SHA}`] },
        g: { git: 'https://github.com/o/g.git', ref: 'abc' },
        own: { path: '.', editable: true },
      },
      develop: { d: { version: '==2.0' } },
    }),
  });
  expect(brief(components)).toEqual([
    ['pkg:pypi/a@1.0', 'runtime'],
    ['pkg:pypi/d@2.0', 'development'],
    ['pkg:pypi/g?vcs_url=git+https://github.com/o/g.git@abc', 'runtime'],
  ]);
  expect(components[0]?.fetchedFrom).toEqual(['https://pypi.example.org']);
});

describe('requirements.txt', () => {
  test.each([
    ['a==1.0', 'pkg:pypi/a@1.0'],
    ['A_b.c == 1.0 # why', 'pkg:pypi/a-b-c@1.0'],
    ['a[x,y]==1.0 ; python_version > "3"', 'pkg:pypi/a@1.0'],
    ['a===1.0+local', 'pkg:pypi/a@1.0+local'],
    [`a==1.0 \\\n    --hash=sha256:${SHA}`, 'pkg:pypi/a@1.0'],
    // What is not pinned has no version: nothing is guessed.
    ['a>=1.0', 'pkg:pypi/a'],
    ['a==1.*', 'pkg:pypi/a'],
    ['a==1.0,<2', 'pkg:pypi/a'],
    ['a', 'pkg:pypi/a'],
    ['a @ https://example.org/a-1.0.whl', 'pkg:pypi/a?download_url=https://example.org/a-1.0.whl'],
    ['a @ git+https://github.com/o/a@v1', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a@v1'],
    ['-e git+https://t@github.com/o/a.git@v1#egg=a', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a.git@v1'],
    ['git+https://github.com/o/a@v1#egg=a[ssl]', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a@v1'],
    ['git+https://github.com/o/a#egg=a&subdirectory=pkg', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a'],
    ['git+https://github.com/o/a@v1#subdirectory=pkg&egg=a', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a@v1'],
    ['-e "git+https://github.com/o/a#egg=a"', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a'],
    ['git+https://github.com/o/a@v1;python_version>"3"', undefined],
    ['a @ git+https://github.com/o/a@v1 ; python_version>"3"', 'pkg:pypi/a?vcs_url=git+https://github.com/o/a@v1'],
    ['hg+https://hg.example.org/a@7#egg=a', 'pkg:pypi/a?vcs_url=hg+https://hg.example.org/a@7'],
    ['svn+https://svn.example.org/a#egg=a', 'pkg:pypi/a?vcs_url=svn+https://svn.example.org/a'],
    ['https://u:p@example.org/v1.tar.gz#egg=a', 'pkg:pypi/a?download_url=https://example.org/v1.tar.gz'],
    ['./wheels/A_b-1.0-py3-none-any.whl', 'pkg:pypi/a-b@1.0'],
    [`wheels/a-1.0-1-cp312-cp312-linux_x86_64.whl[x] ; python_version > "3" --hash=sha256:${SHA}`, 'pkg:pypi/a@1.0'],
    ['file:///srv/a-1.0-py3-none-any.whl', 'pkg:pypi/a@1.0'],
    [
      'a @ https://u:p@example.org/a-1.0%2Bcpu-py3-none-any.whl#sha256=x',
      'pkg:pypi/a@1.0+cpu?download_url=https://example.org/a-1.0%2Bcpu-py3-none-any.whl',
    ],
    ['--find-links ./a-1.0-py3-none-any.whl', undefined],
    ['-r other.txt', undefined],
    ['./folder', undefined],
    ['# a==1.0', undefined],
    ['Some prose here', undefined],
  ])('%s', (line, purl) => {
    expect(catalogTree({ 'requirements.txt': line }).map((one) => decodeURIComponent(one.purl))).toEqual(
      purl === undefined ? [] : [purl],
    );
  });

  test('files that others take in are read in a folder of that name; of any other file it is said that it was not', () => {
    const asked = '-r requirements/base.txt\n--requirement=./requirements/dev.txt # both\n-c limits.txt\n';
    const tree = {
      'app/requirements.txt': asked,
      'app/requirements/base.txt': 'a==1',
      'app/requirements/dev.txt': 'b==2',
    };
    expect(stockOfTree(tree)).toMatchObject({ complete: true, unreadable: [] });
    expect(catalogTree(tree).map(({ purl }) => purl)).toEqual(['pkg:pypi/a@1', 'pkg:pypi/b@2']);
    const named = '-rdeps.txt\n-r https://u:p@example.org/more.txt?token=x\na==1\n';
    expect(stockOfTree({ 'app/requirements.txt': named })).toMatchObject({
      complete: false,
      unreadable: [
        { path: 'app/requirements.txt', reason: 'takes in app/deps.txt, which was not read' },
        { path: 'app/requirements.txt', reason: 'takes in https://example.org/more.txt, which was not read' },
      ],
    });
  });

  test('hashes and indexes', () => {
    const [a] = catalogTree({
      'requirements-dev.txt': `--index-url https://u:p@pypi.example.org/simple\na==1 --hash=sha256:${SHA}\n`,
    });
    expect(a).toMatchObject({ hashes: [{ value: SHA }], fetchedFrom: ['https://pypi.example.org'] });
    const [b] = catalogTree({
      'requirements.txt': '-i https://pypi.org/simple\n--extra-index-url https://pypi.example.org\nb==1\n',
    });
    expect(b?.fetchedFrom).toEqual(['https://pypi.example.org', 'https://pypi.org']);
  });

  test('in site-packages it belongs to who put it there', () => {
    expect(() => catalogText('lib/site-packages/a/requirements.txt', 'a==1')).toThrow(TypeError);
  });
});

test.each([
  ['requirements.txt', `a==1.0 --hash=sha256:${SHA} --hash=sha256:${SHA_OF_WHEEL}\n`],
  [
    'Pipfile.lock',
    JSON.stringify({ default: { a: { version: '==1.0', hashes: [`sha256:${SHA}`, `sha256:${SHA_OF_WHEEL}`] } } }),
  ],
])('%s names no files: of several hashes none is the component’s, unless another lockfile says so', (path, text) => {
  const values = [`SHA-256:${SHA}`, `SHA-256:${SHA_OF_WHEEL}`].toSorted();
  expect(catalogTree({ [path]: text })).toMatchObject([{ hashes: [], lockedHashes: [{ path, values }] }]);
  const poetry = `[[package]]
name = "a"
version = "1.0"
files = [{ file = "a-1.0-py3-none-any.whl", hash = "sha256:${SHA_OF_WHEEL}" }]
`;
  expect(catalogTree({ [path]: text, 'poetry.lock': poetry })[0]?.hashes).toEqual([
    { algorithm: 'SHA-256', value: SHA_OF_WHEEL },
  ]);
});
