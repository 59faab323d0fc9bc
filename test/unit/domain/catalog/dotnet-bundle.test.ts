import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OVERLAP_BYTES } from '../../../../domain/catalog/binary-cataloger.ts';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { dotnetBundleCataloger } from '../../../../domain/catalog/dotnet/bundle-cataloger.ts';
import { BUNDLE_SIGNATURE } from '../../../../domain/catalog/dotnet/parse-bundle-header.ts';
import { type BundleParts, dotnetBundle } from '../../../fixtures/catalog/dotnet-bundle.ts';
import { scanExecutable } from '../../../fixtures/catalog/scan-executable.ts';

const target = '.NETCoreApp,Version=v9.0/linux-x64';
const deps = JSON.stringify(
  {
    runtimeTarget: { name: target },
    targets: {
      [target]: {
        'app/1.0.0': { dependencies: { 'Newtonsoft.Json': '13.0.3' }, runtime: { 'app.dll': {} } },
        'Newtonsoft.Json/13.0.3': { runtime: { 'lib/net6.0/Newtonsoft.Json.dll': {} } },
        'Only.An.Analyzer/1.0.0': {},
      },
    },
    libraries: {
      'app/1.0.0': { type: 'project' },
      'Newtonsoft.Json/13.0.3': { type: 'package' },
      'Only.An.Analyzer/1.0.0': { type: 'package' },
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/9.0.1': { type: 'runtimepack' },
    },
  },
  undefined,
  2,
);
const expected = ['pkg:nuget/Newtonsoft.Json@13.0.3', 'pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@9.0.1'];
const purls = (bytes: Uint8Array, options: Parameters<typeof scanExecutable>[2] = {}): string[] =>
  scanExecutable(dotnetBundleCataloger, bytes, options).map(({ purl }) => purl);

describe('dotnetBundleCataloger', () => {
  test.each([1, 2, 6] as const)('the packages of a program in a single file, version %i of the header', (version) => {
    expect(purls(dotnetBundle({ version, deps }))).toEqual(expected);
    const [found] = scanExecutable(dotnetBundleCataloger, dotnetBundle({ version, deps }));
    expect(found).toMatchObject({ ecosystem: 'NuGet', foundBy: 'dotnet-bundle' });
  });

  test('of one that passes by in windows, wherever they cut it', () => {
    const window = 2 * OVERLAP_BYTES;
    fc.assert(
      fc.property(fc.nat(3 * window), fc.nat(3 * window), (before, behind) => {
        expect(purls(dotnetBundle({ deps, before, behind }), { window })).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('a deps.json that is longer than what two windows share', () => {
    const long = deps.replace('"libraries"', `"more": "${'x'.repeat(3 * OVERLAP_BYTES)}", "libraries"`);
    expect(purls(dotnetBundle({ deps: long }), { window: 2 * OVERLAP_BYTES })).toEqual(expected);
  });

  test.each([
    ['a host that carries nothing', dotnetBundle({ header: 0 })],
    ['a tool that has the signature as a constant', Buffer.from(`MZ says something${BUNDLE_SIGNATURE}`, 'latin1')],
    ['a tool with another constant before it', dotnetBundle({ header: 1 << 30 })],
    ['a tool with a place in its own file before it', dotnetBundle({ header: 4500 })],
    ['a place before the host', dotnetBundle({ header: 100 })],
    ['a program without a deps.json', withoutDeps()],
    ['no .NET program', Buffer.alloc(5000)],
  ])('%s: nothing', (_name, bytes) => {
    expect(purls(bytes)).toEqual([]);
  });

  test('libraries are not looked into', () => {
    expect(purls(dotnetBundle({ deps }), { path: 'usr/lib/libx.so.1' })).toEqual([]);
  });

  test.each<[string, BundleParts, number]>([
    ['a header cut off', { deps }, 320],
    ['a size behind the end', { size: 1 << 23 }, 0],
    ['a size of no end', { size: 2 ** 52 }, 0],
    ['another version', { version: 7 }, 0],
    ['what is no JSON', { deps: '{"runtimeTarget":' }, 0],
  ])('%s: an error, in one window or several', (_name, parts, cut) => {
    for (const before of [0, 4 * OVERLAP_BYTES]) {
      const bytes = dotnetBundle({ ...parts, before });
      const read = (): unknown => purls(bytes.subarray(0, bytes.length - cut), { window: 2 * OVERLAP_BYTES });
      expect(read).toThrow(CatalogError);
    }
  });

  test('bytes changed anywhere give packages or an error', () => {
    const whole = dotnetBundle({ deps });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        try {
          purls(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }),
    );
  });
});

function withoutDeps(): Buffer {
  const bytes = dotnetBundle({ version: 2 });
  const at = bytes.lastIndexOf('x'.repeat(12)) + 12;
  return Buffer.from(bytes).fill(0, at, at + 16);
}
