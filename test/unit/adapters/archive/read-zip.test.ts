/** What the end record of a zip says of its directory, and what is there: other readers see all that is there. */
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { createZipBudget, readZip } from '../../../../adapters/archive/read-zip.ts';
import { zipOf } from '../sbom/zip-of.ts';

const COUNT_AT = 10;
const SIZE_AT = 12;

/** With another number in its end record. */
function saying(zip: Buffer, at: typeof COUNT_AT | typeof SIZE_AT, value: number): Buffer {
  const changed = Buffer.from(zip);
  const end = changed.length - 22;
  if (at === COUNT_AT) changed.writeUInt16LE(value, end + at);
  else changed.writeUInt32LE(value, end + at);
  return changed;
}

/** With these bytes at the end of its directory. */
function followedBy(zip: Buffer, bytes: Buffer): Buffer {
  const end = zip.length - 22;
  const longer = Buffer.concat([zip.subarray(0, end), bytes, zip.subarray(end)]);
  return saying(longer, SIZE_AT, zip.readUInt32LE(end + SIZE_AT) + bytes.length);
}

function read(zip: Buffer) {
  const damage: string[] = [];
  const names = Array.from(
    readZip(
      zip,
      () => true,
      createZipBudget(defaultLimits),
      ({ code }) => void damage.push(code),
    ),
    ({ name }) => name,
  );
  return { names, damage };
}

const three = zipOf({ a: '1', b: '2', c: '3' });
const signature = Buffer.from([0x50, 0x4b, 5, 5, 2, 0, 1, 2]);

test.each<[string, Buffer, string[]]>([
  ['as it is', three, []],
  ['with a digital signature behind its records', followedBy(three, signature), []],
  ['that counts one entry', saying(three, COUNT_AT, 1), ['ARCHIVE_CORRUPT']],
  ['that counts no entry', saying(three, COUNT_AT, 0), ['ARCHIVE_CORRUPT']],
  ['that counts one too many', saying(three, COUNT_AT, 4), ['ARCHIVE_CORRUPT']],
  ['that counts more than fit', saying(three, COUNT_AT, 60_000), ['ARCHIVE_CORRUPT']],
  ['with other bytes behind its records', followedBy(three, Buffer.alloc(50)), ['ARCHIVE_CORRUPT']],
  ['with a signature cut short', followedBy(three, signature.subarray(0, 7)), ['ARCHIVE_CORRUPT']],
])('a zip %s: all its entries are read', (_name, zip, damage) => {
  expect(read(zip)).toEqual({ names: ['a', 'b', 'c'], damage });
});

test('of 65,537 entries, a writer without zip64 counts one', () => {
  const names = Array.from({ length: 65_537 }, (_, at) => `${at}`);
  const wrapped = zipOf(Object.fromEntries(names.map((name) => [name, ''])), names.length % 65_536);
  expect(read(wrapped)).toEqual({ names, damage: [] });
});

test('nothing but a count is no archive', () => {
  expect(() => read(saying(zipOf({}), COUNT_AT, 1))).toThrow('a damaged zip file');
});
