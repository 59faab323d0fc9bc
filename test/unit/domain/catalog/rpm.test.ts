import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import type { FileFacts, SystemPackage } from '../../../../domain/catalog/layer-findings.ts';
import { rpmCataloger } from '../../../../domain/catalog/rpm/cataloger.ts';
import { toRpmLicence } from '../../../../domain/catalog/rpm/licence.ts';
import { rpmLogCataloger } from '../../../../domain/catalog/rpm/log-cataloger.ts';
import { parseHeader } from '../../../../domain/catalog/rpm/parse-header.ts';
import { readSqliteTable } from '../../../../domain/catalog/rpm/sqlite-table.ts';
import { rpmDatabases } from '../../../fixtures/catalog/rpm-databases.ts';
import { sqliteLeftovers } from '../../../fixtures/catalog/sqlite-leftovers.ts';

const databases = [
  ['SQLite', rpmDatabases.sqlite],
  ['ndb', rpmDatabases.ndb],
  ['Berkeley DB', rpmDatabases.berkeleyDb],
] as const;

function packages(bytes: Uint8Array): SystemPackage[] {
  const facts = rpmCataloger.catalog('var/lib/rpm/rpmdb.sqlite', bytes);
  if (facts?.kind !== 'system-packages') throw new Error('no packages');
  return facts.packages.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

test.each([
  ['var/lib/rpm/rpmdb.sqlite', true],
  ['var/lib/rpm/Packages', true],
  ['var/lib/rpm/Packages.db', true],
  ['usr/lib/sysimage/rpm/Packages.db', true],
  ['usr/lib/sysimage/rpm/rpmdb.sqlite-wal', false],
  ['var/lib/rpm/Index.db', false],
])('wants %s: %s', (path, wanted) => {
  expect(rpmCataloger.wants(path)).toBe(wanted);
});

describe.each(databases)('%s', (_name, bytes) => {
  test('every package, whether its header fits a page or fills forty', () => {
    const found = packages(bytes);
    expect(found.map(({ name }) => name)).toEqual(['alpha', 'beta', 'gamma']);
    expect(found[1]).toEqual({
      name: 'beta',
      version: '1.2-3.el9',
      epoch: 2,
      architecture: 'noarch',
      source: 'beta',
      sourceVersion: '1.2-3.el9',
      sourceFile: 'beta-1.2-3.el9.src.rpm',
      supplier: 'Example Vendor',
      licences: [{ kind: 'unresolved', text: 'BSD' }],
      depends: ['/usr/bin/gamma', 'alpha'],
      provides: ['beta'],
      files: ['usr/bin/beta'],
    });
  });

  test('cut anywhere it is refused, or gives every package', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        try {
          expect(packages(bytes.subarray(0, length))).toHaveLength(3);
        } catch (error) {
          expect(error).toBeInstanceOf(CatalogError);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('with any bytes overwritten it is read or refused, and ends', () => {
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1 });
    const front = fc.array(fc.tuple(fc.nat(8300), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.oneof(damage, front), (writes) => {
        const broken = Uint8Array.from(bytes);
        for (const [at, value] of writes) broken[at] = value;
        try {
          packages(broken);
        } catch (error) {
          if (!(error instanceof CatalogError) && !(error instanceof Error && error.message === 'no packages'))
            throw error;
        }
      }),
      { numRuns: 150 },
    );
  });
});

test('a tree of several levels is read to its end', () => {
  const rows = [...readSqliteTable(rpmDatabases.manyInSqlite(2000), 'Packages')];
  expect(rows).toHaveLength(2000);
  expect(rows[1999]?.[1]).toEqual(rpmDatabases.headers[2]);
});

test('an SQLite database of something else is no empty database of rpm', () => {
  expect(() => [...readSqliteTable(rpmDatabases.sqlite, 'Missing')]).toThrow(/without a table/);
});

test('a page that leads back to itself ends', () => {
  const looping = Uint8Array.from(rpmDatabases.manyInSqlite(200));
  // The root of Packages is an interior page: its right-most child is made the page itself.
  const root = [...looping.keys()].find((at) => at % 4096 === 0 && at > 0 && looping[at] === 5) ?? 0;
  new DataView(looping.buffer).setUint32(root + 8, root / 4096 + 1);
  expect(() => [...readSqliteTable(looping, 'Packages')]).toThrow(/used twice/);
});

test('a header that promises more than there is', () => {
  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setUint32(0, 60_000);
  expect(() => parseHeader(huge)).toThrow(CatalogError);
  new DataView(huge.buffer).setUint32(0, 0xff_ff_ff_ff);
  expect(() => parseHeader(huge)).toThrow(/more than/);
});

test.each([
  ['rhel', '9.4', 'redhat', 'Red Hat', 'enterprise_linux:9'],
  ['rocky', '9.4', 'rocky', 'Rocky Linux', '9'],
  ['fedora', '41', 'fedora', 'generic', undefined],
])('on %s: purl, epoch, advisories, edges over a path', (id, versionId, namespace, ecosystem, release) => {
  const facts = rpmCataloger.catalog('var/lib/rpm/rpmdb.sqlite', rpmDatabases.sqlite);
  if (facts === undefined) throw new Error('no facts');
  const system: FileFacts = { kind: 'operating-system', operatingSystem: { id, versionId } };
  const files = [
    { path: 'etc/os-release', facts: system },
    { path: 'var/lib/rpm/rpmdb.sqlite', facts },
  ];
  const { components } = composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '/' });
  const purl = (name: string, epoch: number): string =>
    `pkg:rpm/${namespace}/${name}@1.2-3.el9?arch=noarch&distro=${id}-${versionId}&epoch=${epoch}&upstream=${name}-1.2-3.el9.src.rpm`;
  const beta = components.find(({ name }) => name === 'beta');
  expect(beta).toMatchObject({
    purl: purl('beta', 2),
    version: '2:1.2-3.el9',
    advisoryVersion: '2:1.2-3.el9',
    ecosystem,
  });
  expect(beta?.release).toBe(release);
  expect(beta?.dependsOn).toEqual([purl('alpha', 0), purl('gamma', 0)]);
});

test.each([
  ['GPLv2+', 'GPL-2.0-or-later'],
  ['GPLv2+ and (ASL 2.0 or MIT)', 'GPL-2.0-or-later AND (Apache-2.0 OR MIT)'],
  ['GPL-3.0-or-later AND MIT', 'GPL-3.0-or-later AND MIT'],
  ['BSD with advertising', 'BSD WITH advertising'],
])('the tag %j is %j', (tag, licence) => {
  expect(toRpmLicence(tag)).toBe(licence);
});

describe('what SQLite leaves beside the database of rpm', () => {
  const at = (name: string): string => `var/lib/rpm/rpmdb.sqlite-${name}`;

  test.each([
    ['wal', 'a write-ahead log of a transaction that ended', sqliteLeftovers.log, 'not in rpmdb.sqlite yet'],
    ['journal', 'the journal of a transaction that did not end', sqliteLeftovers.journal, 'not finished'],
  ])('-%s: %s leaves the stock incomplete', (name, _what, bytes, reason) => {
    expect(rpmLogCataloger.wants(at(name))).toBe(true);
    expect(() => rpmLogCataloger.catalog(at(name), bytes)).toThrow(reason);
  });

  const reset = Uint8Array.from(sqliteLeftovers.log);
  reset[19] = (reset[19] ?? 0) ^ 1; // Another salt: SQLite has begun the log anew, and overwritten nothing yet.
  test.each([
    ['wal', 'empty, as rpm leaves it', new Uint8Array()],
    ['wal', 'frames of an earlier log', reset],
    ['wal', 'a header and no frame', sqliteLeftovers.log.subarray(0, 32)],
    ['wal', 'a frame that was not written to its end', sqliteLeftovers.log.subarray(0, 32 + 24 + 100)],
    ['wal', 'no log at all', new TextEncoder().encode('x'.repeat(10_000))],
    ['journal', 'emptied', new Uint8Array()],
    ['journal', 'its header made zeros', Uint8Array.from(sqliteLeftovers.journal).fill(0, 0, 28)],
  ])('-%s: %s says nothing', (name, _what, bytes) => {
    expect(rpmLogCataloger.catalog(at(name), bytes)).toBeUndefined();
  });

  test('any bytes are judged', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('wal', 'journal'),
        fc.uint8Array({ maxLength: 2000 }),
        fc.nat(600),
        (name, bytes, start) => {
          const leftover = name === 'wal' ? sqliteLeftovers.log : sqliteLeftovers.journal;
          const mixed = Uint8Array.from([...leftover.subarray(0, start), ...bytes]);
          try {
            expect(rpmLogCataloger.catalog(at(name), mixed)).toBeUndefined();
          } catch (error) {
            expect(error).toBeInstanceOf(CatalogError);
          }
        },
      ),
    );
  });
});
