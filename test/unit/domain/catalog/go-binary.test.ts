import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { goBinaryCataloger } from '../../../../domain/catalog/go-binary/cataloger.ts';
import { toGoComponents } from '../../../../domain/catalog/go-binary/package.ts';
import { parseModuleInfo } from '../../../../domain/catalog/go-binary/parse-module-info.ts';
import { elfOf, scanExecutable } from '../../../fixtures/catalog/scan-executable.ts';

// What `go version -m` of Go 1.22 shows, with its tabs.
const modules = [
  'path\texample.com/Demo/app/cmd/demo',
  'mod\texample.com/Demo/app\t(devel)\t',
  'dep\texample.com/lib\tv1.4.0',
  '=>\t./lib\t(devel)\t',
  'dep\tgithub.com/BurntSushi/toml\tv1.3.2\th1:o7IhLm0Msx3BaB+n3Ag7L8EVlByGnpq14C4YWiu/gL8=',
  'dep\tgolang.org/x/sync\tv0.1.0',
  '=>\tgolang.org/x/sync\tv0.2.0\th1:PUR+T4wwASmuSTYdKjYHI5TD22Wy5ogLU5qZCOLxBrI=',
  'dep\tgithub.com/docker/docker\tv24.0.7+incompatible',
  'build\t-compiler=gc',
  'build\tvcs.revision=0123456789abcdef0123456789abcdef01234567',
  'build\tvcs.time=2024-05-06T07:08:09Z',
  'build\tvcs.modified=true',
  '',
].join('\n');
const [start, end] = ['3077af0c9274080241e1c107e6d618e6', 'f932433186182072008242104116d8f2'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

function marked(text: string): Buffer {
  return Buffer.concat([start ?? Buffer.alloc(0), Buffer.from(text), end ?? Buffer.alloc(0)]);
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}

function inline(version: string, text = modules): Buffer {
  const info = marked(text);
  const head = Buffer.alloc(32);
  head.write('\xff Go buildinf:\x08\x02', 0, 'latin1');
  return Buffer.concat([head, uvarint(version.length), Buffer.from(version), uvarint(info.length), info]);
}

/** The form before Go 1.18: the mark, and addresses of string headers, all in one segment. */
function pointed(version: string): Buffer {
  const info = marked(modules);
  const base = 0x40_0000 + 128;
  const body = Buffer.alloc(96);
  body.write('\xff Go buildinf:\x08\x00', 0, 'latin1');
  const numbers = [base + 32, base + 48, base + 96, version.length, base + 96 + version.length, info.length];
  for (const [index, value] of numbers.entries()) body.writeBigUInt64LE(BigInt(value), 16 + 8 * index);
  return elfOf({ '.data': Buffer.concat([body, Buffer.from(version), info]) });
}

const purls = [
  'pkg:golang/example.com/Demo/app@v0.0.0-20240506070809-0123456789ab%2Bdirty',
  'pkg:golang/example.com/lib@v1.4.0',
  'pkg:golang/github.com/BurntSushi/toml@v1.3.2',
  'pkg:golang/golang.org/x/sync@v0.2.0',
  'pkg:golang/github.com/docker/docker@v24.0.7%2Bincompatible',
];

describe('goBinaryCataloger', () => {
  test('the build information of Go 1.18 and later', () => {
    const found = scanExecutable(goBinaryCataloger, elfOf({ '.go.buildinfo': inline('go1.22.3') }));
    expect(found.map(({ purl }) => purl)).toEqual([...purls, 'pkg:golang/stdlib@1.22.3']);
    // A copied folder may be any code.
    expect(found[2]).toMatchObject({ advisoryName: 'github.com/BurntSushi/toml', ecosystem: 'Go' });
    expect(found[1]?.confidence).toBe(0.5);
    expect(found[0]?.dependsOn).toEqual([...purls.slice(1), 'pkg:golang/stdlib@1.22.3']);
  });

  test('the build information of Go 1.17 and before', () => {
    const found = scanExecutable(goBinaryCataloger, pointed('go1.17.13'));
    expect(found.map(({ purl }) => purl)).toEqual([...purls, 'pkg:golang/stdlib@1.17.13']);
  });

  test('a Windows program; a program in several windows, wherever they are cut', () => {
    const before = Buffer.alloc(299_984);
    const large = Buffer.concat([before, inline('go1.22.3'), Buffer.alloc(300_000)]);
    expect(scanExecutable(goBinaryCataloger, large, { format: 'pe' })).toHaveLength(6);
    for (const window of [262_160, 300_000, 300_032, 300_100, 400_000])
      expect(scanExecutable(goBinaryCataloger, large, { window }), String(window)).toHaveLength(6);
  });

  test('of a large program before Go 1.18 the modules are found, the version of Go is not', () => {
    const body = Buffer.alloc(600_000);
    body.set(marked(modules), 1000);
    body.write('\xff Go buildinf:\x08\x00', 500_000 - (500_000 % 16), 'latin1');
    const found = scanExecutable(goBinaryCataloger, body, { window: 400_000 });
    expect(found.map(({ purl }) => purl)).toEqual(purls);
  });

  test.each([
    ['no Go program', Buffer.from('\x7fELF and nothing else', 'latin1')],
    // Programs that look for the mark have it as a constant, seldom on the boundary.
    ['the mark as a constant', Buffer.concat([Buffer.alloc(7), inline('go1.22.3')])],
    ['the mark before other text', Buffer.from('\xff Go buildinf: and other text behind it', 'latin1')],
  ])('%s gives nothing', (_name, bytes) => {
    expect(scanExecutable(goBinaryCataloger, bytes)).toEqual([]);
  });

  test.each([
    ['of no version of Go', Buffer.concat([inline('hello').subarray(0, 38), Buffer.alloc(64)])],
    ['of no version, and no modules', Buffer.concat([inline('hello', ''), Buffer.alloc(64)])],
    [
      'before Go 1.18, with addresses that lead nowhere',
      Buffer.from('\xff Go buildinf:\x08\x00'.padEnd(64, '\xee'), 'latin1'),
    ],
    ['longer than there is', Buffer.concat([inline('go1.22.3').subarray(0, 41), Buffer.alloc(64, 0xff)])],
  ])('build information %s is refused, in any format and window', (_name, bytes) => {
    for (const format of ['elf', 'pe', 'mach-o'] as const)
      expect(() => scanExecutable(goBinaryCataloger, bytes, { format })).toThrow(CatalogError);
    const large = Buffer.concat([bytes, Buffer.alloc(600_000)]);
    expect(() => scanExecutable(goBinaryCataloger, large, { window: 400_000 })).toThrow(CatalogError);
  });

  test('a header that can not be read does not hide the one behind it', () => {
    const decoy = Buffer.alloc(64, '\xff Go buildinf:\x08\x02\xff\xff\xff', 'latin1');
    expect(scanExecutable(goBinaryCataloger, Buffer.concat([decoy, inline('go1.22.3')]))).toHaveLength(6);
  });

  test('before Go 1.18, where addresses lead nowhere, the modules are found by their marks', () => {
    const program = pointed('go1.17.13');
    const at = program.indexOf('\xff Go buildinf:', 0, 'latin1');
    program.fill(0, at + 16, at + 32);
    for (const format of ['elf', 'pe'] as const)
      expect(scanExecutable(goBinaryCataloger, program, { format }).map(({ purl }) => purl)).toEqual(purls);
  });

  test('a module without a name is refused', () => {
    const info = parseModuleInfo('mod\texample.com/\tv1.0.0\n');
    expect(() => toGoComponents(info, undefined)).toThrow(CatalogError);
  });

  test('build information cut off is no program without modules', () => {
    const bytes = inline('go1.22.3');
    expect(() => scanExecutable(goBinaryCataloger, bytes.subarray(0, 200), { format: 'pe' })).toThrow(CatalogError);
  });

  test('any bytes after the mark, and any addresses, are read or refused', () => {
    const whole = pointed('go1.17.13');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(whole.length), (bytes, at) => {
        const broken = Buffer.from(whole);
        broken.set(bytes.subarray(0, broken.length - at), at);
        for (const one of [broken, Buffer.concat([Buffer.from('\xff Go buildinf:', 'latin1'), bytes])]) {
          try {
            scanExecutable(goBinaryCataloger, one);
          } catch (error) {
            expect(error).toBeInstanceOf(CatalogError);
          }
        }
      }),
    );
  });
});

test.each([
  ['go1.21', '1.21', '1.21.0'],
  ['go1.22rc1', '1.22rc1', '1.22.0-rc1'],
  ['go1.20.4 X:nocoverageredesign', '1.20.4', '1.20.4'],
  ['go1.22.4-custom', '1.22.4', '1.22.4'],
])('the standard library of %s is %s, and %s to advisories', (goVersion, version, advisoryVersion) => {
  expect(toGoComponents(undefined, goVersion)).toMatchObject([
    { purl: `pkg:golang/stdlib@${version}`, advisoryVersion },
  ]);
});

test('a development version of Go has no version to match', () => {
  expect(toGoComponents(undefined, 'devel go1.23-abcdef')).toEqual([]);
});

test.each([
  ['(devel)', '-ldflags="-s -w -X main.version=v9.8.7"', 'v9.8.7', 0.8],
  ['(devel)', `-ldflags="-X 'github.com/a/b/internal.Version=1.2.3-rc.1'"`, 'v1.2.3-rc.1', 0.8],
  ['(devel)', '-ldflags=-s', '(devel)', undefined],
  ['v1.0.0', '-ldflags="-X main.version=v9.8.7"', 'v1.0.0', undefined],
])('a main module %s built with %s is %s', (stated, flags, version, confidence) => {
  const [main] = toGoComponents(parseModuleInfo(`mod\texample.com/a\t${stated}\nbuild\t${flags}\n`), undefined);
  expect(main?.version).toBe(version);
  expect(main?.confidence).toBe(confidence);
});
