import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import type { FileCataloger } from '../../../../domain/catalog/cataloger.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import { dotnetDepsCataloger } from '../../../../domain/catalog/dotnet/deps-cataloger.ts';
import type { FileFacts, FoundComponent } from '../../../../domain/catalog/layer-findings.ts';
import { composerInstalledCataloger } from '../../../../domain/catalog/php/installed-cataloger.ts';
import { pythonDistInfoCataloger, pythonEggCataloger } from '../../../../domain/catalog/python/cataloger.ts';
import { rPackageCataloger } from '../../../../domain/catalog/r/cataloger.ts';
import { gemspecCataloger } from '../../../../domain/catalog/ruby/gemspec-cataloger.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(cataloger: FileCataloger, path: string, text: string): FoundComponent[] {
  expect(cataloger.wants(path)).toBe(true);
  const facts = cataloger.catalog(path, encode(text));
  if (facts?.kind !== 'components') throw new Error('no components');
  return facts.components;
}

// As RubyGems 3.3 wrote it for nokogiri, shortened.
const nokogiri = `# -*- encoding: utf-8 -*-
# stub: nokogiri 1.15.4 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.15.4"
  s.platform = "x86_64-linux".freeze

  s.authors = ["Mike Dalessio".freeze]
  s.licenses = ["MIT".freeze]
  s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])
  s.add_development_dependency(%q<rake>.freeze, [">= 0"])
end
`;

describe('gems', () => {
  const path = 'usr/local/bundle/specifications/nokogiri-1.15.4-x86_64-linux.gemspec';

  test('as RubyGems writes their specifications', () => {
    expect(read(gemspecCataloger, path, nokogiri)).toMatchObject([
      {
        purl: 'pkg:gem/nokogiri@1.15.4',
        ecosystem: 'RubyGems',
        licences: [{ kind: 'expression', expression: 'MIT' }],
        requires: ['racc'],
      },
    ]);
  });

  test('what is for versions of RubyGems before 1.2 makes no need of what is for development', () => {
    // As RubyGems 3.3 and 2.0 write it, shortened.
    const branch =
      '  if s.respond_to? :add_runtime_dependency then\n    s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])\n' +
      '    s.add_development_dependency(%q<minitest>.freeze, ["~> 5.0"])\n  else\n' +
      '    s.add_dependency(%q<racc>.freeze, ["~> 1.4"])\n    s.add_dependency(%q<minitest>.freeze, ["~> 5.0"])\n  end\n';
    const nested = `  if s.respond_to? :specification_version then\n    s.specification_version = 4\n${branch}  else\n    s.add_dependency(%q<minitest>, ["~> 5.0"])\n  end\n`;
    for (const end of [branch, nested]) {
      const text = `${nokogiri.slice(0, nokogiri.indexOf('  s.add_'))}${end}end\n`;
      expect(read(gemspecCataloger, path, text)[0]?.requires).toEqual(['racc']);
    }
  });

  test('without the stub line of later versions', () => {
    const old = 'Gem::Specification.new do |s|\n  s.name = "rake"\n  s.version = Gem::Version.new("13.0.6")\nend\n';
    expect(read(gemspecCataloger, 'lib/ruby/gems/3.1.0/specifications/default/rake-13.0.6.gemspec', old)).toMatchObject(
      [{ purl: 'pkg:gem/rake@13.0.6' }],
    );
  });

  test('a gem’s own gemspec, which is code, is not asked for', () => {
    expect(gemspecCataloger.wants('usr/local/bundle/gems/nokogiri-1.15.4/nokogiri.gemspec')).toBe(false);
  });

  test('one that computes its version is told as unreadable', () => {
    expect(() => read(gemspecCataloger, path, 's.name = "a"\ns.version = A::VERSION\n')).toThrow(CatalogError);
  });
});

test('what Composer installed, of both of its versions', () => {
  const one = {
    name: 'symfony/console',
    version: 'v6.4.1',
    license: ['MIT'],
    require: { php: '>=8.1', 'symfony/string': '^6' },
    dist: { type: 'zip', shasum: 'a'.repeat(40) },
  };
  const two = { name: 'symfony/string', version: 'v6.4.0', license: ['MIT'] };
  const path = 'app/vendor/composer/installed.json';
  const found = read(
    composerInstalledCataloger,
    path,
    JSON.stringify({ packages: [one, two], dev: true, 'dev-package-names': ['symfony/string'] }),
  );
  expect(found).toMatchObject([
    {
      purl: 'pkg:composer/symfony/console@v6.4.1',
      dependsOn: ['pkg:composer/symfony/string@v6.4.0'],
      scope: 'runtime',
    },
    { purl: 'pkg:composer/symfony/string@v6.4.0', scope: 'development' },
  ]);
  expect(found[0]?.hashes).toEqual([{ algorithm: 'SHA-1', value: 'a'.repeat(40) }]);
  expect(read(composerInstalledCataloger, path, JSON.stringify([one, two]))).toHaveLength(2);
});

test('what a .NET application was published with, not its own projects', () => {
  const target = '.NETCoreApp,Version=v8.0/linux-x64';
  const deps = {
    runtimeTarget: { name: target, signature: '' },
    targets: {
      [target]: {
        'App/1.0.0': { dependencies: { 'Newtonsoft.Json': '13.0.3' } },
        'Serilog/3.1.1': { dependencies: { 'Newtonsoft.Json': '13.0.3' } },
      },
    },
    libraries: {
      'App/1.0.0': { type: 'project', serviceable: false, sha512: '' },
      'Newtonsoft.Json/13.0.3': {
        type: 'package',
        serviceable: true,
        sha512: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
      },
      'Serilog/3.1.1': { type: 'package', serviceable: true, sha512: '' },
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': {
        type: 'runtimepack',
        serviceable: false,
        sha512: '',
      },
    },
  };
  const found = read(dotnetDepsCataloger, 'app/App.deps.json', JSON.stringify(deps));
  expect(found.map(({ purl }) => purl)).toEqual([
    'pkg:nuget/Newtonsoft.Json@13.0.3',
    'pkg:nuget/Serilog@3.1.1',
    'pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
  ]);
  expect(found[0]?.hashes).toEqual([{ algorithm: 'SHA-512', value: '01'.repeat(64) }]);
  expect(found[1]?.dependsOn).toEqual(['pkg:nuget/Newtonsoft.Json@13.0.3']);
});

const target = '.NETCoreApp,Version=v8.0';

/** A deps.json of packages, each with its entry in the target. */
function depsFile(entries: Readonly<Record<string, unknown>>, type = 'package'): string {
  const libraries = Object.keys(entries).map((key) => [
    key,
    { type: key.startsWith('runtimepack.') ? 'runtimepack' : type },
  ]);
  return JSON.stringify({
    runtimeTarget: { name: target },
    targets: { [target]: entries },
    libraries: Object.fromEntries(libraries),
  });
}

test.each([
  ['runtime', { runtime: { 'lib/net8.0/A.dll': {} } }, true],
  ['native', { native: { 'runtimes/linux-x64/native/a.so': {} } }, true],
  ['resources', { resources: { 'lib/net8.0/de/A.resources.dll': {} } }, true],
  ['of one platform', { runtimeTargets: { 'runtimes/win/lib/A.dll': {} } }, true],
  ['an analyzer', {}, false],
  ['a reference assembly', { compile: { 'ref/A.dll': {} }, compileOnly: true }, false],
  ['nothing for this framework', { runtime: { 'lib/net8.0/_._': {} } }, false],
])('a .NET package is there where the application has files of it: %s', (_what, entry, isThere) => {
  const deps = depsFile({ 'Other/1.0.0': { runtime: { 'lib/Other.dll': {} } }, 'A/1.0.0': entry });
  const names = read(dotnetDepsCataloger, 'App.deps.json', deps).map(({ name }) => name);
  expect(names).toEqual(isThere ? ['Other', 'A'] : ['Other']);
});

test('a .NET package without files is there where what it stands for is, or where no package says which files it has', () => {
  const carrier = { runtime: { 'lib/Carrier.dll': {} } };
  const entries = {
    'Whole/1.0.0': { dependencies: { Part: '1.0.0' } },
    'Part/1.0.0': { dependencies: { Carrier: '2.0.0', Whole: '1.0.0' } },
    'Carrier/2.0.0': carrier,
    'Framework/1.0.0': { dependencies: { Reference: '1.0.0' } },
    'Reference/1.0.0': {},
    'runtimepack.Runtime/8.0.1': {},
  };
  const names = (text: string): string[] => read(dotnetDepsCataloger, 'App.deps.json', text).map(({ name }) => name);
  expect(names(depsFile(entries))).toEqual(['Whole', 'Part', 'Carrier', 'Runtime']);
  expect(names(depsFile({ ...entries, 'Carrier/2.0.0': {} }))).toEqual([
    'Whole',
    'Part',
    'Carrier',
    'Framework',
    'Reference',
    'Runtime',
  ]);
});

test('installed packages of R, and not their sources', () => {
  const text =
    'Package: jsonlite\nVersion: 1.8.8\nLicense: MIT\nDepends: R (>= 3.5), methods\nBuilt: R 4.3.1; x86_64\n';
  const path = 'usr/lib/R/site-library/jsonlite/DESCRIPTION';
  expect(read(rPackageCataloger, path, text)).toMatchObject([
    { purl: 'pkg:cran/jsonlite@1.8.8', ecosystem: 'CRAN', requires: ['methods'] },
  ]);
  expect(rPackageCataloger.catalog(path, encode(text.replace(/Built.*\n/, '')))).toBeUndefined();
});

test('Python eggs: a folder, and one zip file', () => {
  const metadata = 'Metadata-Version: 1.2\nName: Some_Package\nVersion: 1.0\n';
  const path = 'site-packages/Some_Package-1.0-py3.6.egg/EGG-INFO/PKG-INFO';
  expect(read(pythonDistInfoCataloger, path, metadata)).toMatchObject([{ purl: 'pkg:pypi/some-package@1.0' }]);
  expect(pythonEggCataloger.wants('site-packages/Some_Package-1.0-py3.6.egg')).toBe(true);
  const entries = new Map([['EGG-INFO/PKG-INFO', encode(metadata)]]);
  const found = pythonEggCataloger.catalog({ path: 'a.egg', entries, folders: [], hashes: [] });
  expect(found).toMatchObject([{ purl: 'pkg:pypi/some-package@1.0' }]);
});

test('a package asks for those beside it, not for another environment’s', () => {
  const file = (folder: string, name: string, version: string, requires = ''): { path: string; facts: FileFacts } => {
    const path = `${folder}/${name}-${version}.dist-info/METADATA`;
    const text = `Name: ${name}\nVersion: ${version}\n${requires === '' ? '' : `Requires-Dist: ${requires}\n`}`;
    return { path, facts: { kind: 'components', components: read(pythonDistInfoCataloger, path, text) } };
  };
  const files = [
    file('a/site-packages', 'six', '1.0'),
    file('a/site-packages', 'user', '1.0', 'six'),
    file('b/site-packages', 'six', '2.0'),
  ];
  const { components } = composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '' });
  expect(components.find(({ name }) => name === 'user')?.dependsOn).toEqual(['pkg:pypi/six@1.0']);
});

test('pnpm’s store: links lead to the one version of a name, and nowhere where there are two', () => {
  const file = (name: string, version: string, requires: string[]): { path: string; facts: FileFacts } => ({
    path: `node_modules/.pnpm/${name}@${version}/node_modules/${name}/package.json`,
    facts: {
      kind: 'components',
      components: [
        {
          purl: `pkg:npm/${name}@${version}`,
          ecosystem: 'npm',
          advisoryName: name,
          name,
          version,
          advisoryVersion: version,
          licences: [],
          hashes: [],
          dependsOn: [],
          requires,
          foundBy: 'node-modules',
        },
      ],
    },
  });
  const files = [
    file('a', '1.0.0', ['b', 'c']),
    file('b', '1.0.0', []),
    file('c', '1.0.0', []),
    file('c', '2.0.0', []),
  ];
  const { components } = composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '' });
  expect(components[0]?.dependsOn).toEqual(['pkg:npm/b@1.0.0']);
});

test('any text in their place is read or refused', () => {
  const catalogers: readonly [FileCataloger, string][] = [
    [gemspecCataloger, 'specifications/a-1.gemspec'],
    [composerInstalledCataloger, 'vendor/composer/installed.json'],
    [dotnetDepsCataloger, 'a.deps.json'],
    [rPackageCataloger, 'library/a/DESCRIPTION'],
  ];
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"packages":[${json}],"libraries":{"a/1":${json}}}`),
    fc.string().map((one) => `# stub: ${one} 1.0 ruby lib\nPackage: ${one}\nVersion: 1\nBuilt: x\n`),
  );
  fc.assert(
    fc.property(text, (one) => {
      for (const [cataloger, path] of catalogers) {
        try {
          cataloger.catalog(path, encode(one));
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }
    }),
  );
});
