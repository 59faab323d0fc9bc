import { describe, expect, test } from 'vitest';
import { BinaryReader } from '../../../../adapters/sbom/binary-reader.ts';
import { type BinaryCataloger, OVERLAP_BYTES, WHOLE_BYTES } from '../../../../domain/catalog/binary-cataloger.ts';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import type { FileFacts, FoundComponent } from '../../../../domain/catalog/layer-findings.ts';

const MARK = 'version of this program: ';

const component = (version: string): FoundComponent => ({
  purl: `pkg:generic/x@${version}`,
  ecosystem: 'generic',
  advisoryName: 'x',
  name: 'x',
  version,
  advisoryVersion: version,
  licences: [],
  hashes: [],
  dependsOn: [],
  requires: [],
  foundBy: 'marked',
});

interface Window {
  offset: number;
  length: number;
}

/** Finds every version behind the mark; notes the windows it is given. */
function marked(windows: Window[], enough = false): BinaryCataloger {
  return {
    name: 'marked',
    open({ format }) {
      if (format !== 'elf') return undefined;
      const found = new Set<string>();
      return {
        window({ bytes, offset, indexOf, latin1 }) {
          windows.push({ offset, length: bytes.length });
          for (let at = indexOf(MARK); at >= 0; at = indexOf(MARK, at + 1))
            found.add(/\d+/.exec(latin1(at + MARK.length, at + MARK.length + 10))?.[0] ?? '');
          return enough ? 'enough' : 'more';
        },
        finish: () => [...found].map(component),
      };
    },
  };
}

const broken: BinaryCataloger = {
  name: 'broken',
  open: () => ({
    window() {
      throw new CatalogError('UNEXPECTED_SHAPE', 'an offset behind the end');
    },
    finish: () => [],
  }),
};

function elf(size: number, versions: Readonly<Record<number, string>> = {}): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.write('\x7fELF', 'latin1');
  for (const [at, version] of Object.entries(versions)) bytes.write(`${MARK}${version} `, Number(at));
  return bytes;
}

/** What is told, or `nothing` where the reader never said that it is an executable. */
function read(
  bytes: Buffer,
  catalogers: BinaryCataloger[],
  chunk = 65_536,
  mode = 0o644,
): FileFacts | undefined | 'nothing' {
  let told: FileFacts | undefined | 'nothing' = 'nothing';
  const reader = new BinaryReader({ path: 'bin/x', size: bytes.length, mode }, catalogers, (facts) => {
    expect(told).toBe('nothing');
    told = facts;
  });
  for (let at = 0; at < bytes.length; at += chunk) {
    // What is given is overwritten behind the call, as a reader of files does.
    const given = Buffer.from(bytes.subarray(at, at + chunk));
    const goOn = reader.data(given);
    given.fill(0xaa);
    if (!goOn) return told;
  }
  reader.end();
  return told;
}

describe('a file up to the bound', () => {
  test.each([100, 1000, 65_536, 10_000_000])('comes as one window, in chunks of %i', (chunk) => {
    const windows: Window[] = [];
    expect(read(elf(300_000, { 99990: '7' }), [marked(windows)], chunk)).toEqual({
      kind: 'components',
      components: [component('7')],
    });
    expect(windows).toEqual([{ offset: 0, length: 300_000 }]);
  });

  test('at the bound itself', () => {
    const windows: Window[] = [];
    read(elf(WHOLE_BYTES), [marked(windows)], 1_000_000);
    expect(windows).toEqual([{ offset: 0, length: WHOLE_BYTES }]);
  });
});

describe('a larger file', () => {
  const size = WHOLE_BYTES + 5_000_000;

  test('comes in windows that overlap: nothing is cut in two, and nothing left out', () => {
    const windows: Window[] = [];
    const places = Array.from({ length: 400 }, (_, index) => 1000 + index * 95_000);
    const bytes = elf(size, Object.fromEntries(places.map((at) => [at, String(at)])));
    const facts = read(bytes, [marked(windows)], 1_000_003);
    expect(facts).toEqual({ kind: 'components', components: places.map((at) => component(String(at))) });
    expect(Math.max(...windows.map(({ length }) => length))).toBeLessThan(8 * 1024 * 1024);
    for (const [index, { offset }] of windows.entries()) {
      const before = windows[index - 1];
      expect(offset).toBe(before === undefined ? 0 : before.offset + before.length - OVERLAP_BYTES);
    }
    expect((windows.at(-1)?.offset ?? 0) + (windows.at(-1)?.length ?? 0)).toBe(size);
  });

  test('who has enough is given no more', () => {
    const windows: Window[] = [];
    read(elf(size), [marked(windows, true)]);
    expect(windows).toHaveLength(1);
  });
});

describe('what is an executable', () => {
  const seen = (bytes: Buffer, mode: number): string | undefined => {
    let format: string | undefined;
    const look: BinaryCataloger = {
      name: 'look',
      open(file) {
        format = file.format;
        return undefined;
      },
    };
    read(bytes, [look], 100, mode);
    return format;
  };
  test.each([
    ['ELF, whatever its mode', elf(600), 0o644, 'elf'],
    ['PE', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(600)]), 0o644, 'pe'],
    ['Mach-O, 64 bits', Buffer.concat([Buffer.from('cffaedfe07000001', 'hex'), Buffer.alloc(600)]), 0o644, 'mach-o'],
    ['Mach-O of two architectures', Buffer.from('cafebabe00000002', 'hex'), 0o644, 'mach-o'],
    ['a Java class is none', Buffer.from('cafebabe00000041', 'hex'), 0o644, undefined],
    ['a script by its mode', Buffer.from('#!/bin/sh\n'), 0o755, 'other'],
    ['text is none', Buffer.from('hello'), 0o644, undefined],
  ])('%s', (_name, bytes, mode, format) => {
    expect(seen(bytes, mode)).toBe(format);
  });

  test('one that nobody opens is told to say nothing, and no executable is not told at all', () => {
    expect(read(Buffer.from('#!/bin/sh\n'), [marked([])], 100, 0o755)).toBeUndefined();
    expect(read(Buffer.from('hello'), [marked([])], 100)).toBe('nothing');
  });
});

test('a cataloger that finds the file broken stops no other, and is told', () => {
  expect(read(elf(1000, { 600: '3' }), [broken, marked([])])).toEqual({
    kind: 'components',
    components: [component('3')],
    unreadable: [{ reason: 'broken: an offset behind the end' }],
  });
});
