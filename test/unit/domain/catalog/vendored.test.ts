/** What package managers copy into a tree brings lockfiles with it that are not the project's. */
import { expect, test } from 'vitest';
import { brief, catalogerWants, catalogTree } from './catalog-text.ts';

const crate = (name: string) =>
  `[[package]]\nname = "${name}"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n`;
const workflow = 'jobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1\n';

test('cargo vendor: the lockfile of the project counts, those of the crates do not', () => {
  const found = catalogTree({
    'Cargo.lock': crate('own'),
    'third-party/own/.cargo-checksum.json': '{"files":{}}',
    'third-party/own/Cargo.lock': crate('authors'),
    'third-party/own/fuzz/Cargo.lock': crate('fuzzers'),
    'third-party/own/.github/workflows/ci.yml': workflow,
    // Nobody's crate: a submodule, say.
    'third-party/tool/Cargo.lock': crate('tools'),
  });
  expect(brief(found).map(([purl]) => purl)).toEqual(['pkg:cargo/own@1.0.0', 'pkg:cargo/tools@1.0.0']);
});

test('Composer: what is installed counts, in an image too', () => {
  const found = catalogTree({
    'vendor/composer/installed.json': '{"packages":[{"name":"foo/bar","version":"1.0.0"}]}',
    'vendor/foo/bar/composer.lock': '{"packages":[{"name":"old/thing","version":"0.1.0"}]}',
    'vendor/foo/bar/package-lock.json':
      '{"lockfileVersion":3,"packages":{"":{},"node_modules/tool":{"version":"1.0.0"}}}',
    'vendor/foo/bar/node_modules/shipped/package.json': '{"name":"shipped","version":"1.0.0"}',
    'composer.lock': '{"packages":[{"name":"foo/bar","version":"1.0.0"}]}',
  });
  expect(brief(found).map(([purl]) => purl)).toEqual(['pkg:composer/foo/bar@1.0.0', 'pkg:npm/shipped@1.0.0']);
});

test.each([
  '.go/pkg/mod/github.com/old/x@v1.0.0/go.mod',
  'go/pkg/mod/github.com/!old/x@v1.0.0/sub/go.sum',
  'pkg/mod/cache/download/x/@v/go.mod',
  '.cargo/registry/src/index.crates.io-6f17/serde-1.0.0/Cargo.lock',
])('%s is a package manager’s', (path) => {
  expect(catalogerWants(path)).toBe(false);
});

test.each(['pkg/mod/go.mod', 'pkg/modules/x/go.mod', 'registry/src.rs/Cargo.lock', 'cmd/pkg/mod/x/Cargo.lock'])(
  '%s is the project’s',
  (path) => {
    expect(catalogerWants(path)).toBe(true);
  },
);
