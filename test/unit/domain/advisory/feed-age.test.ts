import { describe, expect, test } from 'vitest';
import { afterImport, feedEcosystem, oldestFeed } from '../../../../domain/advisory/feed-age.ts';

test.each([
  ['https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip', 'npm'],
  ['https://mirror.example/osv/PyPI', 'PyPI'],
  ['https://mirror.example/osv/PyPI/', 'PyPI'],
  ['https://mirror.example/Red%20Hat/all.zip?x=1', 'Red Hat'],
  ['/data/osv/crates.io/all.zip', 'crates.io'],
  ['C:\\osv\\Go\\all.zip', 'Go'],
  ['https://mirror.example/all.zip', undefined],
  ['https://mirror.example/npm/ours.zip', undefined],
  ['https://mirror.example/NPM/all.zip', undefined],
  ['https://mirror.example/generic/all.zip', undefined],
  ['https://mirror.example/%zz/all.zip', undefined],
  ['https://mirror.example/%ff/all.zip', undefined],
  ['all.zip', undefined],
  ['', undefined],
])('the feed %s is of %s', (source, ecosystem) => {
  expect(feedEcosystem(source)).toBe(ecosystem);
});

describe('after an import', () => {
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
  test('a feed of its own speaks for its ecosystem, and for none that its records also name', () => {
    expect(afterImport({}, { named: ['npm'], seen: ['npm', 'Maven'], at: early })).toEqual({
      npm: { syncedAt: early, named: true },
    });
  });
  test('a file of nobody in particular speaks for what has no feed of its own', () => {
    const before = afterImport({}, { named: ['npm'], seen: [], at: early });
    expect(afterImport(before, { named: [], seen: ['npm', 'Go'], at: late })).toEqual({
      npm: { syncedAt: early, named: true },
      Go: { syncedAt: late },
    });
  });
});

describe('of the feeds that are needed', () => {
  const times = { npm: { syncedAt: '2026-02-01T00:00:00Z' }, Debian: { newest: '2026-01-01T00:00:00Z' }, Go: {} };
  test.each([
    ['the oldest counts', ['npm', 'Debian'], { ecosystem: 'Debian', at: '2026-01-01T00:00:00Z' }],
    ['others do not', ['npm'], { ecosystem: 'npm', at: '2026-02-01T00:00:00Z' }],
    ['one nobody knows the age of comes before all', ['npm', 'Go', 'Debian'], { ecosystem: 'Go', at: undefined }],
    ['one that is not there, too', ['npm', 'Hex'], { ecosystem: 'Hex', at: undefined }],
    ['none needed', [], undefined],
  ])('%s', (_, needed, oldest) => {
    expect(oldestFeed(times, needed)).toEqual(oldest);
  });
});
