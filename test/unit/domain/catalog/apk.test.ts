import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { apkCataloger } from '../../../../domain/catalog/apk/cataloger.ts';
import { parseInstalled } from '../../../../domain/catalog/apk/parse-installed.ts';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';

// Alpine 3.19's own lines, shortened.
const installed = `C:Q1/3RUVEiSsSaHwFiCGvGXtB+A9Cg=
P:musl
V:1.2.4_git20230717-r4
A:x86_64
S:411484
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>
t:1697752886
c:ca7f2ab5e88794e4e654b40776f8a92256f50639
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1nHQqEL1Tw3KwKTfKJDyCEhqtv28=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=

C:Q1EOFTcQhYDlvUgQjCSsPVeOKVqko=
P:libssl3
V:3.1.4-r5
A:x86_64
L:Apache-2.0
o:openssl
D:so:libc.musl-x86_64.so.1 so:libcrypto.so.3 !libssl1.1
p:so:libssl.so.3=3
F:lib
R:libssl.so.3
a:0:0:755

P:libcrypto3
V:3.1.4-r5
A:x86_64
L:Apache-2.0
o:openssl
D:so:libc.musl-x86_64.so.1
p:so:libcrypto.so.3=3

`;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseInstalled', () => {
  test('a package as apk writes it', () => {
    expect(parseInstalled(installed)[1]).toEqual({
      name: 'libssl3',
      version: '3.1.4-r5',
      architecture: 'x86_64',
      source: 'openssl',
      sourceVersion: '3.1.4-r5',
      licences: [{ kind: 'expression', expression: 'Apache-2.0' }],
      depends: ['so:libc.musl-x86_64.so.1', 'so:libcrypto.so.3'],
      provides: ['so:libssl.so.3'],
      files: ['lib/libssl.so.3'],
    });
  });

  test.each([
    ['D:busybox>=1.36 scanelf~1.3 a=2 @edge', ['busybox', 'scanelf', 'a']],
    ['D:/bin/sh', ['/bin/sh']],
    ['D:', []],
  ])('%s asks for %j', (line, depends) => {
    expect(parseInstalled(`P:a\nV:1\n${line}\n\n`)[0]?.depends).toEqual(depends);
  });

  test.each([
    ['cut in a line', installed.slice(0, 40), /cut off/],
    ['cut between fields', 'P:musl\n', /cut off/],
    ['another format', 'Package: a\nVersion: 1\n', /not an apk/],
  ])('%s is refused', (_name, text, message) => {
    expect(() => parseInstalled(text)).toThrow(message);
  });

  test('any text is read or refused', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('P:a', 'V:1', 'F:usr/bin', 'R:sh', '', 'D:a b'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          parseInstalled(`${lines.join('\n')}\n`);
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }),
    );
  });
});

test.each([
  ['alpine', '3.19.1', 'Alpine', '3.19'],
  ['wolfi', '20230201', 'Wolfi', undefined],
])('on %s: advisories of %s for the source, edges by what is provided', (id, versionId, ecosystem, release) => {
  const facts = apkCataloger.catalog('lib/apk/db/installed', encode(installed));
  if (facts === undefined) throw new Error('no facts');
  const files = [
    { path: 'etc/os-release', facts: { kind: 'operating-system' as const, operatingSystem: { id, versionId } } },
    { path: 'lib/apk/db/installed', facts },
  ];
  const diffId = parseDigest(`sha256:${'0'.repeat(64)}`);
  const stock = composeStock([{ diffId, files, whiteouts: [], opaqueDirectories: [] }], { root: '/' });
  const crypto = `pkg:apk/${id}/libcrypto3@3.1.4-r5?arch=x86_64&distro=${id}-${versionId}&upstream=openssl`;
  const musl = `pkg:apk/${id}/musl@1.2.4_git20230717-r4?arch=x86_64&distro=${id}-${versionId}`;
  expect(stock.components.map(({ purl }) => purl)).toEqual([crypto, expect.stringContaining('libssl3'), musl]);
  expect(stock.components[1]).toMatchObject({ ecosystem, advisoryName: 'openssl', dependsOn: [crypto, musl] });
  expect(stock.components[1]?.release).toBe(release);
});

test('a clipped or random database never looks empty and clean', () => {
  const bytes = encode(installed);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: bytes.length - 3 }), (length) => {
      let found: number;
      try {
        const facts = apkCataloger.catalog('lib/apk/db/installed', bytes.subarray(0, length));
        found = facts?.kind === 'system-packages' ? facts.packages.length : 0;
      } catch (error) {
        expect(error).toBeInstanceOf(CatalogError);
        return;
      }
      expect(found).toBeGreaterThan(0);
    }),
  );
});
