import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { rustBinaryCataloger } from '../../../../domain/catalog/rust-binary/cataloger.ts';
import { inflateStart, inflateZlib } from '../../../../domain/catalog/rust-binary/inflate.ts';
import { elfOf, scanExecutable } from '../../../fixtures/catalog/scan-executable.ts';

const audit = {
  packages: [
    { name: 'adler2', version: '2.0.0', source: 'crates.io' },
    { name: 'cc', version: '1.0.99', source: 'crates.io', kind: 'build' },
    { name: 'demo', version: '0.1.0', source: 'local', dependencies: [0, 1, 3], root: true },
    { name: 'itoa', version: '1.0.11', source: 'crates.io' },
  ],
};
const data = deflateSync(JSON.stringify(audit));
const expected = ['pkg:cargo/adler2@2.0.0', 'pkg:cargo/demo@0.1.0', 'pkg:cargo/itoa@1.0.11'];

describe('rustBinaryCataloger', () => {
  const program = elfOf({ '.text': Buffer.alloc(100), '.dep-v0': data });

  test('the crates inside a program, not those that helped to build it', () => {
    const found = scanExecutable(rustBinaryCataloger, program);
    expect(found.map(({ purl }) => purl)).toEqual(expected);
    expect(found[1]).toMatchObject({
      ecosystem: 'generic',
      dependsOn: ['pkg:cargo/adler2@2.0.0', 'pkg:cargo/itoa@1.0.11'],
    });
    expect(found[0]?.ecosystem).toBe('crates.io');
  });

  test.each([1, 6, 9])('of other formats and large programs, with compression %i', (level) => {
    const body = Buffer.concat([
      Buffer.from('MZ /rustc/0123/library/core \x78\x9c and x\xda\x01 are no data', 'latin1'),
      Buffer.alloc(300_000),
      deflateSync(JSON.stringify(audit), { level }),
      Buffer.from('.dep-v0'),
    ]);
    expect(scanExecutable(rustBinaryCataloger, body, { format: 'pe' }).map(({ purl }) => purl)).toEqual(expected);
    const found = scanExecutable(rustBinaryCataloger, body, { window: 290_000 });
    expect(found.map(({ purl }) => purl)).toEqual(expected);
  });

  test('a program without audit data gives nothing', () => {
    expect(scanExecutable(rustBinaryCataloger, elfOf({ '.text': Buffer.alloc(100) }))).toEqual([]);
  });

  test.each([
    ['a bomb', deflateSync(Buffer.alloc(9 * 1024 * 1024))],
    ['no JSON', deflateSync('hello')],
    ['other JSON', deflateSync('{"packages":[{"name":1}]}')],
    ['cut data', data.subarray(0, 20)],
    ['no stream', Buffer.from('hello')],
  ])('%s in its place is refused', (_name, section) => {
    expect(() => scanExecutable(rustBinaryCataloger, elfOf({ '.dep-v0': section }))).toThrow(CatalogError);
  });

  const table = Number(program.readBigUInt64LE(40));
  test.each<[string, (file: Buffer) => void]>([
    ['whose sections are left out', (file) => file.fill(0, 58, 64)],
    ['whose sections have no names', (file) => file.writeUInt16LE(0, 62)],
    ['whose headers lie behind its end', (file) => file.writeBigUInt64LE(1n << 40n, 40)],
    ['whose section of names is behind the last', (file) => file.writeUInt16LE(4000, 62)],
    ['whose headers are cut short', (file) => file.writeUInt16LE(1, 58)],
    ['whose data is said to lie behind its end', (file) => file.writeBigUInt64LE(1n << 40n, table + 128 + 24)],
  ])('an ELF file %s is searched for what the data is', (_name, change) => {
    const changed = Buffer.from(program);
    change(changed);
    expect(scanExecutable(rustBinaryCataloger, changed).map(({ purl }) => purl)).toEqual(expected);
    // Without the data, headers that lie are no program that has none.
    const isLie = !/left out|no names/.test(_name);
    changed.fill(0, changed.indexOf(data), changed.indexOf(data) + data.length);
    if (isLie) expect(() => scanExecutable(rustBinaryCataloger, changed)).toThrow(CatalogError);
    else expect(scanExecutable(rustBinaryCataloger, changed)).toEqual([]);
  });

  test('an ELF file with lying places ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(program.length - 1), (bytes, at) => {
        const broken = Buffer.from(program);
        broken.set(bytes.subarray(0, broken.length - at), at);
        try {
          scanExecutable(rustBinaryCataloger, broken);
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }),
    );
  });
});

describe('inflateZlib', () => {
  test('what zlib deflates comes back, at every level and strategy', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3000 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 4 }), (input, level, strategy) => {
        expect(inflateZlib(deflateSync(input, { level, strategy }), 3000)).toEqual(input);
      }),
    );
    const large = Buffer.from('words that come again and again, '.repeat(20_000));
    expect(Buffer.from(inflateZlib(deflateSync(large), 1e6)).equals(large)).toBe(true);
  });

  test('any bytes end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        try {
          inflateZlib(Uint8Array.from([0x78, 0x9c, ...bytes]), 100_000);
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }),
    );
  });

  test('only its start, however long it is', () => {
    expect(Buffer.from(inflateStart(deflateSync('a'.repeat(100_000)), 5)).toString()).toBe('aaaaa');
  });
});
