import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { catalogFile } from '../../../../adapters/sbom/catalog-file.ts';
import { takeDirectoryStock } from '../../../../adapters/sbom/take-directory-stock.ts';
import { layerCatalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { withoutCredentials } from '../../../../domain/catalog/public-address.ts';
import { labelFacts } from '../../../../domain/sbom/build-fact.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { everyFormat, readInPieces, writeDocument } from './written-documents.ts';

const SECRET = 'hunter2';
const COMMIT = '0123456789012345678901234567890123456789';
const GIT = `git+https://oauth2:${SECRET}@git.example.org/o/b.git`;
const FILE = `https://user:${SECRET}@files.example.org/c-1.0.0.tgz?token=${SECRET}`;
const WHEEL = `https://user:${SECRET}@files.example.org/w-1.0-py3-none-any.whl?token=${SECRET}`;
const INDEX = `https://user:${SECRET}@index.example.org/simple?token=${SECRET}`;
const REPOSITORY = GIT.slice('git+'.length);

const npmLock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { b: GIT, c: FILE, s: `github:user:${SECRET}@o/s` } },
    'node_modules/b': { version: '1.0.0', resolved: `${GIT}#${COMMIT}`, dependencies: { s: GIT } },
    'node_modules/c': { version: '1.0.0', resolved: FILE },
    'node_modules/s': { version: '1.0.0', resolved: `git+ssh://user:${SECRET}@git.example.org/o/s.git#${COMMIT}` },
  },
});

/** One tree a tool: every place of its file that may have an address has one with a secret. */
const files: Record<string, string> = {
  'npm3/package-lock.json': npmLock,
  'npm1/package-lock.json': JSON.stringify({
    lockfileVersion: 1,
    dependencies: {
      a: { version: '1.0.0', requires: { b: GIT, c: FILE } },
      b: { version: `${GIT}#${COMMIT}`, from: GIT },
      c: { version: FILE },
      s: { version: `github:user:${SECRET}@o/s#${COMMIT}` },
    },
  }),
  'classic/yarn.lock': `# yarn lockfile v1

"b@${GIT}":
  version "1.0.0"
  resolved "${GIT}#${COMMIT}"

"c@${FILE}":
  version "1.0.0"
  resolved "${FILE}#${COMMIT}"
  dependencies:
    b "${GIT}"
`,
  'berry/yarn.lock': `__metadata:
  version: 8

"b@${REPOSITORY}":
  version: 1.0.0
  resolution: "b@${REPOSITORY}#commit=${COMMIT}"

"c@${FILE}":
  version: 1.0.0
  resolution: "c@${FILE}"
  dependencies:
    b: "${REPOSITORY}"
    p: "patch:b@${encodeURIComponent(REPOSITORY)}#./a.patch"

"d@npm:1.0.0":
  version: 1.0.0
  resolution: "d@npm:1.0.0::__archiveUrl=${encodeURIComponent(FILE)}"

"p@patch:b@${encodeURIComponent(REPOSITORY)}#./a.patch":
  version: 1.0.0
  resolution: "p@patch:b@${encodeURIComponent(REPOSITORY)}#./a.patch::version=1.0.0"
`,
  'pnpm/pnpm-lock.yaml': `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      b: { specifier: '${GIT}', version: '${GIT}#${COMMIT}' }
      c: { specifier: '${FILE}', version: '${FILE}' }
packages:
  'b@${GIT}#${COMMIT}': { resolution: { commit: ${COMMIT}, repo: '${GIT}', type: git }, version: 1.0.0 }
  'c@${FILE}': { resolution: { tarball: '${FILE}' }, version: 1.0.0 }
snapshots:
  'b@${GIT}#${COMMIT}': {}
  'c@${FILE}': { dependencies: { b: '${GIT}#${COMMIT}' } }
`,
  'bun/bun.lock': JSON.stringify({
    lockfileVersion: 1,
    workspaces: { '': { dependencies: { b: GIT, c: FILE } } },
    packages: { b: [`b@${GIT}#${COMMIT}`, {}, ''], c: [`c@${FILE}`, {}], a: ['a@1.0.0', FILE, {}, ''] },
  }),
  'cargo/Cargo.lock': `version = 4
[[package]]
name = "b"
version = "1.0.0"
source = "${GIT}?branch=main#${COMMIT}"
[[package]]
name = "c"
version = "1.0.0"
source = "sparse+${INDEX}"
`,
  'poetry/poetry.lock': `[[package]]
name = "b"
version = "1.0"
dependencies = { c = { url = "${WHEEL}" } }
source = { type = "git", url = "${REPOSITORY}", resolved_reference = "${COMMIT}" }
[[package]]
name = "c"
version = "1.0"
source = { type = "url", url = "${WHEEL}" }
[[package]]
name = "d"
version = "1.0"
source = { type = "legacy", url = "${INDEX}" }
`,
  'uv/uv.lock': `version = 1
[[package]]
name = "b"
version = "1.0"
source = { git = "${REPOSITORY}?rev=main#${COMMIT}" }
[[package]]
name = "c"
version = "1.0"
source = { url = "${WHEEL}" }
sdist = { url = "${WHEEL}" }
[[package]]
name = "d"
version = "1.0"
source = { registry = "${INDEX}" }
`,
  'pdm/pdm.lock': `[[package]]
name = "b"
version = "1.0"
git = "${REPOSITORY}"
revision = "${COMMIT}"
[[package]]
name = "c"
version = "1.0"
url = "${WHEEL}"
`,
  'pipenv/Pipfile.lock': JSON.stringify({
    _meta: { sources: [{ name: 'own', url: INDEX }] },
    default: {
      b: { git: REPOSITORY, ref: COMMIT },
      c: { file: WHEEL },
      d: { version: '==1.0', index: 'own' },
    },
  }),
  'pylock/pylock.toml': `lock-version = "1.0"
[[packages]]
name = "b"
version = "1.0"
vcs = { type = "git", url = "${REPOSITORY}", commit-id = "${COMMIT}" }
[[packages]]
name = "c"
version = "1.0"
index = "${INDEX}"
archive = { url = "${WHEEL}" }
`,
  'pip/requirements.txt': `--extra-index-url ${INDEX}
-r https://user:${SECRET}@files.example.org/others.txt?token=${SECRET}
-e ${GIT}@v1#egg=a
b @ ${GIT}@${COMMIT}
c @ ${FILE}
${WHEEL}
rootless @ git+https://${SECRET}@git.example.org
`,
  'ruby/Gemfile.lock': `GIT
  remote: ${REPOSITORY}
  revision: ${COMMIT}
  specs:
    b (1.0.0)

GEM
  remote: ${INDEX}
  specs:
    c (1.0.0)

DEPENDENCIES
  b!
  c
`,
  'php/composer.lock': JSON.stringify({
    packages: [
      {
        name: 'o/b',
        version: 'dev-main',
        source: { type: 'git', url: REPOSITORY, reference: COMMIT },
        dist: { type: 'zip', url: FILE },
        'notification-url': INDEX,
      },
    ],
  }),
  'elixir/mix.lock': `%{"b": {:git, "${REPOSITORY}", "${COMMIT}", []}}`,
  'dart/pubspec.lock': `packages:
  b: { dependency: transitive, source: git, version: 1.0.0, description: { url: '${REPOSITORY}', resolved-ref: ${COMMIT} } }
  c: { dependency: transitive, source: hosted, version: 1.0.0, description: { url: '${INDEX}' } }
`,
  'swift/Package.resolved': JSON.stringify({
    version: 3,
    pins: [{ identity: 'b', location: REPOSITORY, state: { revision: COMMIT } }],
  }),
  'helm/Chart.lock': `dependencies:
  - { name: b, version: 1.0.0, repository: '${INDEX}' }
`,
  'maven/pom.xml': `<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version>
<properties><v>${REPOSITORY}</v></properties>
<dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>\${v}</version></dependency></dependencies></project>`,
};

function folderOf(tree: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder('pratique-secrets-');
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

test.each(Object.entries(files))('no user, password or token of an address leaves %s', async (name, text) => {
  const stock = await takeDirectoryStock(folderOf({ [name]: text }));
  expect(stock.components.length).toBeGreaterThan(0);
  expect(JSON.stringify(stock)).not.toContain(SECRET);
  expect(JSON.stringify(stock)).not.toMatch(/oauth2|user(?::|%3A)/i);
});

test('nor from any document about all of them', async () => {
  const stock = await takeDirectoryStock(folderOf(files));
  const document = {
    subject: { kind: 'application', name: 'app' },
    stock,
    created: '2026-01-01T00:00:00Z',
    toolVersion: '0',
  } as const;
  for (const [name, version] of everyFormat)
    expect(await writeDocument(name, version, document), name).not.toContain(SECRET);
});

test('npm’s hidden lockfile in a layer: the repository and its commit are told as those of other lockfiles', () => {
  const place = 'app/node_modules/.package-lock.json';
  const facts = catalogFile(layerCatalogerFor(place)!, place, new TextEncoder().encode(npmLock), defaultLimits);
  expect(JSON.stringify(facts)).not.toContain(SECRET);
  expect(facts?.kind === 'components' ? facts.components[0] : undefined).toMatchObject({
    purl: `pkg:npm/b@1.0.0?vcs_url=git%2Bhttps:%2F%2Fgit.example.org%2Fo%2Fb.git%40${COMMIT}`,
    askedFor: [{ range: 'git+https://git.example.org/o/b.git' }],
  });
});

test('an archive at an address, in version 1: its version is that of its file', async () => {
  const { components } = await takeDirectoryStock(folderOf({ 'package-lock.json': files['npm1/package-lock.json']! }));
  expect(components.map(({ purl }) => decodeURIComponent(purl))).toEqual([
    'pkg:npm/a@1.0.0',
    `pkg:npm/b@${COMMIT}?vcs_url=git+https://git.example.org/o/b.git@${COMMIT}`,
    'pkg:npm/c@1.0.0?download_url=https://files.example.org/c-1.0.0.tgz',
    `pkg:npm/s@${COMMIT}?vcs_url=git+https://github.com/o/s@${COMMIT}`,
  ]);
});

test('nor from a document that somebody else wrote of such a lockfile', async () => {
  const reference = `pkg:npm/b@1.0.0?vcs_url=${encodeURIComponent(`${GIT}#${COMMIT}`)}`;
  const { stock } = await readInPieces(
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      components: [{ type: 'library', name: 'b', version: '1.0.0', purl: reference, 'bom-ref': reference }],
    }),
  );
  expect(stock.components.map(({ purl }) => purl)).toEqual([
    `pkg:npm/b@1.0.0?vcs_url=git%2Bhttps:%2F%2Fgit.example.org%2Fo%2Fb.git%23${COMMIT}`,
  ]);
  expect(JSON.stringify(stock)).not.toContain(SECRET);
});

test('nor from an image’s label that names its source', () => {
  expect(labelFacts('label', { 'org.opencontainers.image.source': REPOSITORY })).toMatchObject([
    { name: 'source', value: 'https://git.example.org/o/b.git' },
  ]);
});

test.each([
  ['^1.2.0', '^1.2.0'],
  ['npm:@s/a@^1.0.0', 'npm:@s/a@^1.0.0'],
  ['npm:a@1.0.0', 'npm:a@1.0.0'],
  ['patch:a@npm%3A^1.0.0#./a.patch', 'patch:a@npm%3A^1.0.0#./a.patch'],
  ['git@github.com:o/a.git#v1', 'git@github.com:o/a.git#v1'],
  ['git+ssh://git@github.com/o/a.git#semver:^1', 'git+ssh://git@github.com/o/a.git#semver:^1'],
  ['https://host/a%40b/c@1?x=y', 'https://host/a%40b/c@1'],
  [`https://user%40corp:${SECRET}@host/a`, 'https://host/a'],
  [`https://u:p@ss${SECRET}@host/a?x#main`, 'https://host/a#main'],
  [`user:${SECRET}@github.com:o/a.git`, 'github.com:o/a.git'],
  [`:${SECRET}@github.com:o/a.git`, 'github.com:o/a.git'],
  [`gitlab:user:${SECRET}@o/a`, 'gitlab:o/a'],
  [`a of https://t:${SECRET}@host/a and https://${SECRET}@host/b`, 'a of https://host/a and https://host/b'],
])('%s is told as %s', (text, told) => {
  expect(withoutCredentials(text)).toBe(told);
});

test.each(['://', ':', '%3a%2f%2f', '://a?', 'github:a', 'a:b@', 'a.b:', '://u@'])(
  'a long text of %s takes no long time',
  (part) => {
    const text = part.repeat(200_000 / part.length);
    expect(withoutCredentials(text).length).toBeLessThanOrEqual(text.length);
    expect(withoutCredentials(`a:b@${text}`).length).toBeLessThanOrEqual(text.length + 4);
  },
);
