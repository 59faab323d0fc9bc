/** Manifests that other files of the same tree make whole. */
import { describe, expect, test } from 'vitest';
import { brief, catalogText, catalogTree } from './catalog-text.ts';

const H1 = `h1:${'A'.repeat(43)}=`;

describe('go.mod and go.sum', () => {
  test('replacements, exclusions, comments; the hash is Go’s own', () => {
    const components = catalogTree({
      'go.mod': `module example.org/App // comment

go 1.21

require github.com/Masterminds/semver/v3 v3.2.0
require (
	golang.org/x/net v0.1.0 // indirect
	"example.org/old" v1.0.0
	example.org/folder v0.0.0
	example.org/excluded v1.0.0
)

replace (
	example.org/old v0.9.0 => example.org/never v1.0.0
	example.org/old => example.org/new v1.5.0
	example.org/folder => ./folder
)
exclude example.org/excluded v1.0.0
`,
      'go.sum': `golang.org/x/net v0.1.0 ${H1}\ngolang.org/x/net v0.1.0/go.mod ${H1}\nexample.org/unused v1.0.0 ${H1}\n`,
    });
    expect(components.map(({ purl, name }) => [purl, name])).toEqual([
      ['pkg:golang/example.org/new@v1.5.0', 'example.org/new'],
      ['pkg:golang/github.com/Masterminds/semver/v3@v3.2.0', 'github.com/Masterminds/semver/v3'],
      ['pkg:golang/golang.org/x/net@v0.1.0', 'golang.org/x/net'],
    ]);
    expect(components.map(({ checksum }) => checksum)).toEqual([undefined, undefined, H1]);
  });

  test('parentheses and comments without a blank before them, as Go reads them', () => {
    const components = catalogTree({
      'go.mod': `module(
	example.org/app
)
go 1.21
require(
	example.org/a v1.1.0// indirect
	"example.org/b" v1.0.0
)
require ()
replace(
	example.org/a => example.org/a v1.0.0
)
`,
    });
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:golang/example.org/a@v1.0.0',
      'pkg:golang/example.org/b@v1.0.0',
    ]);
  });

  test('before Go 1.17 what others ask for is in go.sum, at its highest version', () => {
    const tree = {
      'a/go.mod': 'module m\ngo 1.16\nrequire example.org/a v1.0.0\n',
      'a/go.sum': `example.org/a v1.0.0 ${H1}\nexample.org/b v1.9.0 ${H1}\nexample.org/b v1.10.0 ${H1}\nexample.org/c v1.0.0/go.mod ${H1}\n`,
    };
    expect(catalogTree(tree).map(({ purl }) => purl)).toEqual([
      'pkg:golang/example.org/a@v1.0.0',
      'pkg:golang/example.org/b@v1.10.0',
    ]);
  });

  test.each([
    ['go.mod', 'require x v1\n'],
    ['go.mod', 'module m\nrequire (x v1\n)\n'],
    ['go.sum', 'prose\n'],
  ])('%s of something else is refused', (path, text) => {
    expect(() => catalogText(path, text)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
  });
});

describe('pom.xml', () => {
  const parent = `<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">
    <groupId>org.example</groupId><artifactId>parent</artifactId><version>1.0</version>
    <properties><lib.version>2.0</lib.version><hidden>1</hidden></properties>
    <dependencyManagement><dependencies>
      <dependency><groupId>g</groupId><artifactId>managed</artifactId><version>\${lib.version}</version></dependency>
      <dependency><groupId>org.example</groupId><artifactId>bom</artifactId><version>1.0</version><type>pom</type><scope>import</scope></dependency>
    </dependencies></dependencyManagement>
    <dependencies><dependency><groupId>g</groupId><artifactId>inherited</artifactId><version>\${hidden}</version></dependency></dependencies>
  </project>`;
  const child = `<project>
    <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>1.0</version></parent>
    <artifactId>child</artifactId>
    <properties><hidden>3</hidden></properties>
    <dependencies>
      <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency>
      <dependency><groupId>g</groupId><artifactId>billed</artifactId></dependency>
      <dependency><groupId>\${project.groupId}</groupId><artifactId>parent</artifactId><version>\${project.version}</version></dependency>
      <dependency><groupId>org.example</groupId><artifactId>bom</artifactId><version>0.9</version></dependency>
      <dependency><groupId>g</groupId><artifactId>tests</artifactId><version>1</version><scope>test</scope></dependency>
      <dependency><groupId>g</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
      <dependency><groupId>g</groupId><artifactId>exact</artifactId><version>[1.5]</version><optional>true</optional></dependency>
      <dependency><groupId>g</groupId><artifactId>elsewhere</artifactId></dependency>
    </dependencies>
  </project>`;
  const bom = `<project><groupId>org.example</groupId><artifactId>bom</artifactId><version>1.0</version><properties><v>7</v></properties>
    <dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>billed</artifactId><version>\${v}</version></dependency></dependencies></dependencyManagement></project>`;

  test('parents, properties and bills of materials of the same tree; the project’s own modules are left out', () => {
    expect(brief(catalogTree({ 'child/pom.xml': child, 'pom.xml': parent, 'bom/pom.xml': bom }))).toEqual([
      ['pkg:maven/g/billed@7', 'runtime'],
      // No file of this tree says its version.
      ['pkg:maven/g/elsewhere', 'runtime'],
      ['pkg:maven/g/exact@1.5', 'optional'],
      // What the child sets counts for it, what the parent sets for the parent.
      ['pkg:maven/g/inherited@1', 'runtime'],
      ['pkg:maven/g/inherited@3', 'runtime'],
      ['pkg:maven/g/managed@2.0', 'runtime'],
      ['pkg:maven/g/range', 'runtime'],
      ['pkg:maven/g/tests@1', 'development'],
      // Another version of one of the modules is not that module.
      ['pkg:maven/org.example/bom@0.9', 'runtime'],
    ]);
  });

  test('a bill of materials is what its own parents and the bills it imports make it, in a circle too', () => {
    const bill = (artifact: string, version: string) =>
      `<dependency><groupId>o</groupId><artifactId>${artifact}</artifactId><version>${version}</version><type>pom</type><scope>import</scope></dependency>`;
    const managed = (artifact: string, version: string) =>
      `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
    const wanted = (artifact: string) =>
      `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId></dependency>`;
    const pom = (artifact: string, content: string) =>
      `<project><groupId>o</groupId><artifactId>${artifact}</artifactId><version>1</version>${content}</project>`;
    const manage = (content: string) =>
      `<dependencyManagement><dependencies>${content}</dependencies></dependencyManagement>`;
    const child = `<parent><groupId>o</groupId><artifactId>root</artifactId><version>1</version><relativePath>../pom.xml</relativePath></parent>`;
    const found = catalogTree({
      'pom.xml': pom('root', `<properties><v>7</v></properties>${manage(managed('above', `\${v}`))}`),
      'bom/pom.xml': pom(
        'bom',
        `${child}${manage(`${managed('billed', `\${v}`)}${bill('more', `\${project.version}`)}`)}`,
      ),
      'more/pom.xml': pom('more', manage(`${managed('more', '3')}${managed('billed', '1')}${bill('bom', '1')}`)),
      'app/pom.xml': pom(
        'app',
        `${manage(bill('bom', '1'))}<dependencies>${['above', 'billed', 'more'].map(wanted).join('')}</dependencies>`,
      ),
    });
    expect(brief(found).map(([purl]) => purl)).toEqual([
      'pkg:maven/g/above@7',
      'pkg:maven/g/billed@7',
      'pkg:maven/g/more@3',
    ]);
  });

  test('the jar of the tests is another dependency than the jar', () => {
    const dependency = (artifact: string, version: string, more = ''): string =>
      `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId>${version === '' ? '' : `<version>${version}</version>`}${more}</dependency>`;
    const tests = '<classifier>test</classifier><scope>test</scope>';
    const pom = `<project><groupId>x</groupId><artifactId>a</artifactId><version>1</version>
      <dependencyManagement><dependencies>
        ${dependency('managed', '9', '<type>test-jar</type>')}${dependency('managed', '3')}
      </dependencies></dependencyManagement>
      <dependencies>
        ${dependency('two', '3.0.0', tests)}${dependency('two', '2.0.0')}
        ${dependency('one', '1.0.0', tests)}${dependency('one', '1.0.0')}
        ${dependency('managed', '')}
      </dependencies></project>`;
    expect(brief(catalogTree({ 'pom.xml': pom }))).toEqual([
      ['pkg:maven/g/managed@3', 'runtime'],
      ['pkg:maven/g/one@1.0.0', 'runtime'],
      ['pkg:maven/g/two@2.0.0', 'runtime'],
      ['pkg:maven/g/two@3.0.0', 'development'],
    ]);
  });

  test('what a pom or its parent manages itself is before what it imports, wherever that stands', () => {
    const managing = (artifact: string, version: string, more = ''): string =>
      `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${more}</dependency>`;
    const project = (artifact: string, managed: string, more = ''): string =>
      `<project><groupId>g</groupId><artifactId>${artifact}</artifactId><version>1</version>${more}
        <dependencyManagement><dependencies>${managed}</dependencies></dependencyManagement></project>`;
    const tree = {
      'pom.xml': project('parent', managing('b', '1')),
      'bom/pom.xml': project('bom', managing('a', '2') + managing('b', '2') + managing('c', '2')),
      'app/pom.xml': project(
        'app',
        managing('bom', '1', '<type>pom</type><scope>import</scope>') + managing('a', '1'),
        `<parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>
          <dependencies>${['a', 'b', 'c'].map((one) => `<dependency><groupId>g</groupId><artifactId>${one}</artifactId></dependency>`).join('')}</dependencies>`,
      ),
    };
    expect(catalogTree(tree).map(({ purl }) => purl)).toEqual([
      'pkg:maven/g/a@1',
      'pkg:maven/g/b@1',
      'pkg:maven/g/c@2',
    ]);
  });

  test('profiles that are active by default are what nobody has to ask for, the last first, and before the pom', () => {
    const profile = (id: string, active: string): string =>
      `<profile><activation><activeByDefault>${active}</activeByDefault></activation><properties><v>${id}</v></properties>
        <dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>managed</artifactId><version>${id}</version></dependency></dependencies></dependencyManagement>
        <dependencies><dependency><groupId>g</groupId><artifactId>of-${id}</artifactId><version>1</version></dependency></dependencies></profile>`;
    const pom = `<project><groupId>x</groupId><artifactId>a</artifactId><version>1</version><properties><v>0</v></properties>
      <dependencies>
        <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency>
        <dependency><groupId>g</groupId><artifactId>by-property</artifactId><version>\${v}</version></dependency>
      </dependencies>
      <profiles>${profile('6', 'true')}${profile('7', 'true')}${profile('8', 'false')}<profile><id>9</id></profile></profiles></project>`;
    expect(catalogTree({ 'pom.xml': pom }).map(({ purl }) => purl)).toEqual([
      'pkg:maven/g/by-property@7',
      'pkg:maven/g/managed@7',
      'pkg:maven/g/of-6@1',
      'pkg:maven/g/of-7@1',
    ]);
  });

  test('alone it says what it can', () => {
    const versions = catalogTree({ 'pom.xml': child }).map(({ name, version }) => [name, version]);
    expect(versions).toContainEqual(['g:managed', '']);
    expect(versions).toContainEqual(['g:exact', '1.5']);
  });

  test('parents in a circle, properties in a circle', () => {
    const one = (name: string, other: string): string =>
      `<project><groupId>x</groupId><artifactId>${name}</artifactId><version>1</version><parent><groupId>x</groupId><artifactId>${other}</artifactId><version>1</version><relativePath>../${other}/pom.xml</relativePath></parent><properties><p>\${q}\${q}</p><q>\${p}\${p}</q></properties><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>\${p}</version></dependency></dependencies></project>`;
    const found = catalogTree({ 'a/pom.xml': one('a', 'b'), 'b/pom.xml': one('b', 'a') });
    expect(found.map(({ purl }) => purl)).toEqual(['pkg:maven/g/a']);
  });

  test.each([
    ['no project', '<a/>', 'UNEXPECTED_SHAPE'],
    ['no XML', 'hello', 'NOT_XML'],
    [
      'an entity of its own',
      '<!DOCTYPE p [<!ENTITY a "b">]><project><artifactId>&a;</artifactId></project>',
      'NOT_XML',
    ],
    ['deep nesting', `${'<a>'.repeat(5000)}`, 'TOO_MANY'],
  ])('%s is refused', (_, text, code) => {
    expect(() => catalogText('pom.xml', text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('.NET projects', () => {
  test('a package that a project and its lockfile spell in two ways is one, in both', () => {
    const components = catalogTree({
      'app.csproj':
        '<Project><ItemGroup><PackageReference Include="newtonsoft.json" Version="13.0.1"/></ItemGroup></Project>',
      'packages.lock.json': JSON.stringify({
        version: 2,
        dependencies: {
          'net8.0': {
            'Newtonsoft.Json': { type: 'Direct', requested: '[13.0.1, )', resolved: '13.0.1' },
            Other: { type: 'Direct', resolved: '1.0.0', dependencies: { 'newtonsoft.json': '13.0.1' } },
          },
        },
      }),
    });
    expect(brief(components)).toEqual([
      ['pkg:nuget/Newtonsoft.Json@13.0.1', 'runtime'],
      ['pkg:nuget/Other@1.0.0', 'runtime', 'pkg:nuget/Newtonsoft.Json@13.0.1'],
    ]);
    expect(components[0]?.name).toBe('Newtonsoft.Json');
    expect(components[0]?.locations.map(({ path }) => path)).toEqual(['app.csproj', 'packages.lock.json']);
  });

  test('central versions, properties above, floating versions', () => {
    const components = catalogTree({
      'Directory.Packages.props': `<Project><PropertyGroup><JsonVersion>13.0.1</JsonVersion></PropertyGroup><ItemGroup>
        <PackageVersion Include="Newtonsoft.Json" Version="$(jsonversion)" />
        <GlobalPackageReference Include="Analyzer" Version="1.0.0" />
      </ItemGroup></Project>`,
      'src/App/App.csproj': `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><V>2.0.0</V></PropertyGroup><ItemGroup>
        <PackageReference Include="newtonsoft.json" />
        <PackageReference Include="A"><Version>$(V)</Version></PackageReference>
        <PackageReference Include="B" Version="1.*" />
        <PackageReference Include="C" Version="[1.2.3]" PrivateAssets="all" />
        <PackageReference Include="D" Version="$(Elsewhere)" />
        <ProjectReference Include="../Other/Other.csproj" />
      </ItemGroup></Project>`,
    });
    expect(brief(components)).toEqual([
      ['pkg:nuget/A@2.0.0', 'runtime'],
      ['pkg:nuget/Analyzer@1.0.0', 'development'],
      ['pkg:nuget/B', 'runtime'],
      ['pkg:nuget/C@1.2.3', 'development'],
      ['pkg:nuget/D', 'runtime'],
      ['pkg:nuget/newtonsoft.json@13.0.1', 'runtime'],
    ]);
  });

  test('whatever a condition may choose, and the version that stands apart', () => {
    const components = catalogTree({
      'App.csproj': `<Project Sdk="Microsoft.NET.Sdk">
        <ItemGroup Condition="'$(TargetFramework)' == 'net8.0'"><PackageReference Include="A" Version="13.0.3" /></ItemGroup>
        <ItemGroup Condition="'$(TargetFramework)' == 'net472'"><PackageReference Include="A" Version="9.0.1" /></ItemGroup>
        <Choose>
          <When Condition="true"><ItemGroup><PackageReference Include="B" Version="1.0.0" /></ItemGroup></When>
          <Otherwise><ItemGroup><PackageReference Include="B" Version="2.0.0" /></ItemGroup></Otherwise>
        </Choose>
        <ItemGroup><PackageReference Include="C" /><PackageReference Update="C" Version="3.0.0" /></ItemGroup>
      </Project>`,
    });
    expect(brief(components).map(([purl]) => purl)).toEqual([
      'pkg:nuget/A@13.0.3',
      'pkg:nuget/A@9.0.1',
      'pkg:nuget/B@1.0.0',
      'pkg:nuget/B@2.0.0',
      'pkg:nuget/C@3.0.0',
    ]);
  });

  test('packages.lock.json: frameworks, projects, edges', () => {
    const components = catalogTree({
      'packages.lock.json': JSON.stringify({
        version: 1,
        dependencies: {
          'net8.0': {
            A: { type: 'Direct', resolved: '1.0.0', contentHash: 'abc', dependencies: { b: '2.0.0' } },
            B: { type: 'Transitive', resolved: '2.0.0' },
            own: { type: 'Project' },
          },
          'net9.0': { B: { type: 'Transitive', resolved: '3.0.0' } },
        },
      }),
    });
    expect(brief(components)).toEqual([
      ['pkg:nuget/A@1.0.0', 'runtime', 'pkg:nuget/B@2.0.0'],
      ['pkg:nuget/B@2.0.0', 'runtime'],
      ['pkg:nuget/B@3.0.0', 'runtime'],
    ]);
    expect(components[0]?.checksum).toBe('sha512:abc');
  });

  test('packages.config', () => {
    const text =
      '<packages><package id="A" version="1.0" /><package id="B" version="2.0" developmentDependency="true" /></packages>';
    expect(brief(catalogTree({ 'packages.config': text }))).toEqual([
      ['pkg:nuget/A@1.0', 'runtime'],
      ['pkg:nuget/B@2.0', 'development'],
    ]);
  });
});
