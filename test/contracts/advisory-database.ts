import { describe, expect, test } from 'vitest';
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import { type OsvRecord, parseOsvRecord } from '../../domain/advisory/osv-record.ts';

function record(id: string, json: object): OsvRecord {
  const parsed = parseOsvRecord({ id, modified: '2024-01-01T00:00:00Z', ...json });
  if (parsed.kind === 'rejected') throw new Error(parsed.reason);
  return parsed.record;
}

const affects = (ecosystem: string, name: string) => ({
  package: { ecosystem, name },
  ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
});

const records = [
  record('PYSEC-1', { modified: '2024-03-01T00:00:00Z', affected: [affects('PyPI', 'Flask-SQLAlchemy')] }),
  record('PYSEC-2', { affected: [affects('PyPI', 'flask.sqlalchemy'), affects('npm', 'flask-sqlalchemy')] }),
  record('DSA-1-1', { affected: [affects('Debian:11', 'zlib'), affects('Debian:12', 'zlib')] }),
  record('GHSA-w', { withdrawn: '2024-02-01T00:00:00Z', affected: [affects('npm', 'lodash')] }),
  record('GHSA-none', { affected: [] }),
];

/** What every AdvisoryDatabase does. `open` brings the records into an empty one, in the order they are given. */
export function advisoryDatabaseContract(
  name: string,
  open: (records: readonly OsvRecord[]) => Promise<{ readonly database: AdvisoryDatabase; close(): Promise<void> }>,
): void {
  async function using<T>(given: readonly OsvRecord[], act: (database: AdvisoryDatabase) => Promise<T>): Promise<T> {
    const { database, close } = await open(given);
    try {
      return await act(database);
    } finally {
      await close();
    }
  }
  const idsOf = (found: ReadonlyMap<string, readonly OsvRecord[]>) =>
    Object.fromEntries([...found].map(([key, list]) => [key, list.map(({ id }) => id).sort()]));

  describe(`${name} is an advisory database`, () => {
    test('finds records by package, in any spelling, under the name that was asked for', () =>
      using(records, async (database) => {
        const found = await database.lookup('PyPI', ['flask_sqlalchemy', 'Flask-SQLAlchemy', 'requests']);
        expect(idsOf(found)).toEqual({
          flask_sqlalchemy: ['PYSEC-1', 'PYSEC-2'],
          'Flask-SQLAlchemy': ['PYSEC-1', 'PYSEC-2'],
        });
      }));

    test('keeps ecosystems apart, and releases of one together', () =>
      using(records, async (database) => {
        expect(idsOf(await database.lookup('npm', ['flask-sqlalchemy', 'Flask-SQLAlchemy']))).toEqual({
          'flask-sqlalchemy': ['PYSEC-2'],
        });
        expect(idsOf(await database.lookup('Debian', ['zlib']))).toEqual({ zlib: ['DSA-1-1'] });
      }));

    test('gives records back as they were brought in, withdrawn ones too', () =>
      using(records, async (database) => {
        expect((await database.lookup('npm', ['lodash'])).get('lodash')).toEqual([records[3]]);
        expect((await database.lookup('Debian', ['zlib'])).get('zlib')).toEqual([records[2]]);
      }));

    test('answers a thousand names, and none', () =>
      using(records, async (database) => {
        const names = Array.from({ length: 1000 }, (_, index) => `package-${index}`);
        expect(idsOf(await database.lookup('npm', [...names, 'lodash']))).toEqual({ lodash: ['GHSA-w'] });
        expect((await database.lookup('npm', [])).size).toBe(0);
      }));

    test('says what it holds', () =>
      using(records, async (database) => {
        expect(await database.state()).toMatchObject({
          records: 5,
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
          newest: '2024-03-01T00:00:00Z',
          ecosystems: ['Debian', 'PyPI', 'npm'],
          distributions: ['Debian:11', 'Debian:12'],
        });
      }));

    test('does not hold a time that is yet to come for the newest', () =>
      using([...records, record('GHSA-mistyped', { modified: '2999-01-01T00:00:00Z' })], async (database) => {
        expect(await database.state()).toMatchObject({ records: 6, newest: '2024-03-01T00:00:00Z' });
      }));

    test('says that it is empty', () =>
      using([], async (database) => {
        expect(await database.state()).toMatchObject({ records: 0, newest: undefined, ecosystems: [] });
      }));

    test('the digest is of the records, not of their order', async () => {
      const digest = (given: readonly OsvRecord[]) => using(given, async (database) => (await database.state()).digest);
      const whole = await digest(records);
      // The same in every implementation: what a scan rests on can be compared between a laptop and the service.
      expect(whole).toBe('sha256:b80075f7ce1300e14780e517f56b0db340fce1821d88bd3917dfc34b905f4ee2');
      expect(await digest(records.toReversed())).toBe(whole);
      expect(await digest(records.slice(1))).not.toBe(whole);
      expect(await digest([...records.slice(1), record('PYSEC-1', { summary: 'changed' })])).not.toBe(whole);
    });

    test('the newer of two records with one id stays, in whatever order they come', async () => {
      const older = record('GHSA-1', { affected: [affects('npm', 'old')] });
      const newer = record('GHSA-1', { modified: '2024-06-01T00:00:00Z', affected: [affects('npm', 'new')] });
      for (const given of [
        [older, newer],
        [newer, older],
      ])
        await using(given, async (database) => {
          expect(idsOf(await database.lookup('npm', ['old', 'new']))).toEqual({ new: ['GHSA-1'] });
          expect((await database.state()).records).toBe(1);
        });
    });
  });
}
