/** Whatever the bytes: a component, nothing, or a CatalogError; never another error, never for long. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { foundComponentSchema } from '../../../../domain/catalog/layer-findings.ts';
import { parsePurl } from '../../../../domain/sbom/purl.ts';

/** Small and right; what the tests do to them is not. */
const samples: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml':
    "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  a@1.0.0: {}\n",
  'yarn.lock': 'a@^1.0.0:\n  version "1.0.0"\n  dependencies:\n    b "^2"\n',
  'bun.lock': '{"lockfileVersion": 1, "packages": {"a": ["a@1.0.0", "", {}, "sha512-x"],},}',
  'poetry.lock': '[[package]]\nname = "a"\nversion = "1.0"\nfiles = [{file = "a", hash = "sha256:00"}]\n',
  'uv.lock':
    'version = 1\n[[package]]\nname = "a"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n',
  'pdm.lock': '[[package]]\nname = "a"\nversion = "1.0"\ndependencies = ["b>=1"]\n',
  'pylock.toml': 'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n',
  'Pipfile.lock': '{"_meta": {}, "default": {"a": {"version": "==1.0", "hashes": ["sha256:00"]}}}',
  'requirements.txt': 'a==1.0 --hash=sha256:00\nb>=2\n-e git+https://example.org/c.git@v1#egg=c\n',
  'go.mod': 'module m\ngo 1.21\nrequire (\n\ta v1.0.0 // indirect\n)\nreplace a => b v2.0.0\n',
  'go.sum': `a v1.0.0 h1:${'A'.repeat(43)}=\n`,
  'Cargo.lock': 'version = 4\n[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://x"\n',
  'pom.xml': `<project><artifactId>a</artifactId><dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>\${v}</version></dependency></dependencies></project>`,
  'gradle.lockfile': 'g:a:1.0=compileClasspath\nempty=\n',
  'libs.versions.toml': '[versions]\na = "1"\n[libraries]\na = { module = "g:a", version.ref = "a" }\n',
  'Gemfile.lock': 'GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0)\n      b (~> 1)\n',
  'composer.lock': '{"packages": [{"name": "a/b", "version": "1.0", "require": {"c/d": "*"}}]}',
  'packages.lock.json': '{"version": 1, "dependencies": {"net8.0": {"A": {"resolved": "1.0", "contentHash": "x"}}}}',
  'App.csproj': '<Project><ItemGroup><PackageReference Include="A" Version="$(V)" /></ItemGroup></Project>',
  'mix.lock': '%{\n  "a": {:hex, :a, "1.0", "00", [:mix], [{:b, "~> 1", [hex: :b]}], "hexpm", "00"},\n}\n',
  'pubspec.lock':
    'packages:\n  a:\n    description:\n      url: "https://pub.dev"\n    source: hosted\n    version: "1.0"\n',
  'Package.resolved':
    '{"version": 2, "pins": [{"identity": "a", "location": "https://github.com/o/a", "state": {"version": "1.0"}}]}',
  '.github/workflows/ci.yml': 'jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n',
  Dockerfile: `ARG V=1\nFROM node:\${V} AS a\nFROM a\nCOPY --from=busybox /a /b\n`,
  'Chart.lock': 'dependencies:\n- name: a\n  repository: https://example.org\n  version: 1.0.0\n',
  '.terraform.lock.hcl':
    'provider "registry.terraform.io/a/b" {\n  version = "1.0"\n  hashes = [\n    "h1:x",\n  ]\n}\n',
};

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(path: string, bytes: Uint8Array): void {
  const cataloger = catalogerFor(path);
  if (cataloger?.kind !== 'file') throw new TypeError(`no cataloger of files wants ${path}`);
  try {
    const facts = cataloger.catalog(path, bytes);
    if (facts?.kind !== 'components') return;
    for (const component of facts.components) {
      expect(foundComponentSchema.safeParse(component).success).toBe(true);
      expect(() => parsePurl(component.purl)).not.toThrow();
    }
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
  }
}

/** Bytes put in, taken out, doubled. */
const damage = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    take: fc.nat({ max: 12 }),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom(
          '"',
          "'",
          '{',
          '[',
          '<',
          '\n',
          '\t',
          ': ',
          '- ',
          '\\',
          '\0',
          '\uFEFF',
          '__proto__',
          '${',
          '&a',
          '%{',
        )
        .map(encode),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

const byLines = [
  'requirements.txt',
  'go.mod',
  'go.sum',
  'gradle.lockfile',
  'Gemfile.lock',
  'Dockerfile',
  '.terraform.lock.hcl',
];

test.each(byLines)('%s: more lines than are read are told, whatever they hold', (path) => {
  const cataloger = catalogerFor(path);
  if (cataloger?.kind !== 'file') throw new TypeError(`no cataloger of files wants ${path}`);
  const text = `${'\n'.repeat(400_001)}${samples[path] ?? 'FROM a\n'}`;
  expect(() => cataloger.catalog(path, encode(text))).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
});

describe.each(Object.entries(samples))('%s', (path, text) => {
  test('reads as it is', () => {
    const cataloger = catalogerFor(path);
    const facts = cataloger?.kind === 'file' ? cataloger.catalog(path, encode(text)) : undefined;
    if (facts?.kind === 'components') expect(facts.components.length).toBeGreaterThan(0);
    else expect(facts?.kind).toBe('manifest');
  });

  test('damaged', () => {
    fc.assert(
      fc.property(damage, (edits) => {
        const bytes = [...encode(text)];
        for (const { at, take, put } of edits) bytes.splice(Math.floor(at * bytes.length), take, ...put);
        read(path, Uint8Array.from(bytes));
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x80)],
    ['a byte order mark and line ends of Windows', encode(`\uFEFF${text.replaceAll('\n', '\r\n')}`)],
    ['a name of 5000 characters', encode(text.replaceAll(/\ba\b/g, 'a'.repeat(5000)))],
    ['names like those of all objects', encode(text.replaceAll(/\ba\b/g, '__proto__'))],
    ['numbers as names', encode(text.replaceAll(/\ba\b/g, '1'))],
    ['brackets without end', encode('[{(<'.repeat(50_000))],
    [
      'indentation without end',
      encode(Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')),
    ],
  ])('%s', (_, bytes) => {
    read(path, bytes);
  });
});
