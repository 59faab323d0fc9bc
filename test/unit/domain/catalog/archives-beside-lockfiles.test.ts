/** A folder beside a lockfile is the project's; an archive there is somebody's package, vendored. */
import { expect, test } from 'vitest';
import { brief, catalogTree } from './catalog-text.ts';

const SHA = 'ab'.repeat(32);

test.each([
  [
    'uv.lock',
    `version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "a" }, { name = "beside" }]

[[package]]
name = "a"
version = "1.0.0"
source = { path = "wheels/a-1.0.0-py3-none-any.whl" }
wheels = [{ filename = "a-1.0.0-py3-none-any.whl", hash = "sha256:${SHA}" }]

[[package]]
name = "beside"
version = "1.0.0"
source = { directory = "../beside" }
`,
    'pkg:pypi/a@1.0.0',
  ],
  [
    'poetry.lock',
    `[[package]]
name = "a"
version = "1.0.0"
groups = ["main"]
files = [{file = "a-1.0.0.tar.gz", hash = "sha256:${SHA}"}]
[package.source]
type = "file"
url = "vendor/a-1.0.0.tar.gz"

[[package]]
name = "beside"
version = "1.0.0"
[package.source]
type = "directory"
url = "../beside"
`,
    'pkg:pypi/a@1.0.0',
  ],
  [
    'pdm.lock',
    `[[package]]
name = "a"
version = "1.0.0"
path = "./wheels/a-1.0.0-py3-none-any.whl"

[[package]]
name = "beside"
version = "1.0.0"
path = "./beside"
`,
    'pkg:pypi/a@1.0.0',
  ],
  [
    'Pipfile.lock',
    JSON.stringify({ default: { a: { path: './a-1.0.0.zip', version: '==1.0.0' }, beside: { path: './beside' } } }),
    'pkg:pypi/a@1.0.0',
  ],
  [
    'yarn.lock',
    `__metadata:
  version: 8

"@s/a@file:./vendor/a.tgz::locator=app%40workspace%3A.":
  version: 1.0.0
  resolution: "@s/a@file:./vendor/a.tgz#./vendor/a.tgz::hash=abcdef&locator=app%40workspace%3A."

"beside@file:../beside::locator=app%40workspace%3A.":
  version: 1.0.0
  resolution: "beside@file:../beside#../beside::hash=abcdef&locator=app%40workspace%3A."
`,
    'pkg:npm/@s/a@1.0.0',
  ],
  [
    'package-lock.json',
    JSON.stringify({
      lockfileVersion: 1,
      dependencies: { '@s/a': { version: 'file:vendor/s-a-1.0.0.tgz' }, beside: { version: 'file:../beside' } },
    }),
    'pkg:npm/@s/a@1.0.0',
  ],
  // Whose file is called otherwise has no version: nothing is guessed.
  [
    'npm-shrinkwrap.json',
    JSON.stringify({ lockfileVersion: 1, dependencies: { a: { version: 'file:vendored.tar.gz' } } }),
    'pkg:npm/a',
  ],
])('%s lists an archive beside it, and no folder', (file, text, purl) => {
  expect(brief(catalogTree({ [file]: text })).map(([found]) => found)).toEqual([purl]);
});
