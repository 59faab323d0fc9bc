import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { takeZipStock } from '../../../../adapters/sbom/take-zip-stock.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { lyingZip, overlappingZip } from './hostile-parts.ts';
import { zipOf } from './zip-of.ts';

const lock = '{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}';
const metadata = 'Metadata-Version: 2.1\nName: shop\nVersion: 2.0\n';
const release = zipOf({
  'app/package-lock.json': lock,
  'shop-2.0.dist-info/METADATA': metadata,
  'lib/inner.jar': zipOf({
    'META-INF/maven/org.a/inner/pom.properties': 'groupId=org.a\nartifactId=inner\nversion=1.0\n',
  }),
  README: 'read me',
});

function fileOf(bytes: Uint8Array): string {
  const file = path.join(temporaryFolder('pratique-zip-'), 'release.zip');
  writeFileSync(file, bytes);
  return file;
}

describe('a zip archive', () => {
  test('what catalogers know is found at its path, in jars inside it too', async () => {
    const { components, complete } = await takeZipStock(fileOf(release));
    expect(complete).toBe(true);
    expect(components.map(({ purl, locations }) => [purl, locations[0]?.path])).toEqual([
      ['pkg:maven/org.a/inner@1.0', 'lib/inner.jar'],
      ['pkg:npm/a@1.0.0', 'app/package-lock.json'],
      ['pkg:pypi/shop@2.0', 'shop-2.0.dist-info/METADATA'],
    ]);
  });

  test('one of any length but its own is never a complete stock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(release.length - 1), async (length) => {
        expect((await takeZipStock(fileOf(release.subarray(0, length)))).complete).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('one that is cut off behind an archive inside of it is not taken for that one', async () => {
    // Stored, so that the bytes of the inner end record are the last ones.
    const end = release.indexOf(Buffer.from('504b0506', 'hex')) + 22;
    const { components, complete, unreadable } = await takeZipStock(fileOf(release.subarray(0, end)));
    expect({ components, complete }).toEqual({ components: [], complete: false });
    expect(unreadable[0]?.reason).toContain('an archive inside of it');
  });

  test.each([
    ['entries that overlap', overlappingZip(), /overlap/],
    ['an entry that lies about its size', lyingZip('package-lock.json'), /size|unpacked/],
    ['a path that leaves it', zipOf({ '../package-lock.json': lock }), /leaves it/],
    ['a path without end', zipOf({ [`${'a'.repeat(5000)}/package-lock.json`]: lock }), /5018 characters/],
  ])('%s: incomplete, and why', async (_name, bytes, reason) => {
    const { complete, unreadable } = await takeZipStock(fileOf(bytes));
    expect(complete).toBe(false);
    expect(unreadable.map((one) => one.reason).join()).toMatch(reason);
  });

  test('more entries than are read', async () => {
    const { complete, unreadable } = await takeZipStock(fileOf(release), { ...defaultLimits, maxEntries: 3 });
    expect([complete, unreadable[0]?.reason]).toEqual([false, expect.stringContaining('too many entries')]);
  });
});
