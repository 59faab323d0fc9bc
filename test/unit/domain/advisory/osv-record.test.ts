import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOsvRecord } from '../../../../domain/advisory/osv-record.ts';
import { testData } from '../../../fixtures/test-data.ts';

const base = { id: 'GHSA-35jh-r3h4-6jhm', modified: '2024-01-01T00:00:00Z' };

test('null lists are empty ones, and a parsed record parses to itself', () => {
  const parsed = parseOsvRecord({ ...base, aliases: null, affected: null, severity: null, references: [{ url: 'x' }] });
  expect(parsed).toMatchObject({ kind: 'record', record: { aliases: [], affected: [], severity: [] } });
  if (parsed.kind === 'record') expect(parseOsvRecord(JSON.parse(JSON.stringify(parsed.record)))).toEqual(parsed);
});

test.each<[string, unknown, RegExp]>([
  ['no record', [], /^record: /],
  ['no id', { modified: base.modified }, /^id: /],
  ['an id with a path in it', { ...base, id: '../../x' }, /^id: expected an advisory id/],
  ['no time', { id: base.id }, /^modified: /],
  [
    'an event of two kinds',
    { ...base, affected: [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '0', fixed: '1' }] }] }] },
    /events\.0: expected exactly one/,
  ],
  ['an unknown range type', { ...base, affected: [{ ranges: [{ type: 'FOO', events: [] }] }] }, /ranges\.0\.type/],
  [
    'a range that begins nowhere',
    { ...base, affected: [{ ranges: [{ type: 'SEMVER', events: [{ fixed: '9.0' }] }] }] },
    /ranges\.0\.events: expected an event "introduced"/,
  ],
  [
    'a range without an event',
    { ...base, affected: [{ ranges: [{ type: 'ECOSYSTEM', events: [] }] }] },
    /ranges\.0\.events: expected an event "introduced"/,
  ],
  ['a withdrawal at no time', { ...base, withdrawn: 'no' }, /^withdrawn: expected an RFC 3339 time/],
  ['a withdrawal that is empty', { ...base, withdrawn: '' }, /^withdrawn: expected an RFC 3339 time/],
  ['no time of publication', { ...base, published: 'yesterday' }, /^published: expected an RFC 3339 time/],
  ['too many versions', { ...base, affected: [{ versions: new Array(50_001).fill('1') }] }, /versions/],
])('%s is rejected with its place', (_, json, reason) => {
  expect(parseOsvRecord(json)).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) });
});

test('prose of any length is cut, between characters, and is no reason to refuse the record', () => {
  const long = { ...base, summary: 'a'.repeat(20_000), details: `${'b'.repeat(99_999)}\u{1F6A2}${'c'.repeat(50_000)}` };
  const parsed = parseOsvRecord(long);
  expect(parsed).toMatchObject({
    kind: 'record',
    record: { summary: 'a'.repeat(10_000), details: 'b'.repeat(99_999) },
  });
  if (parsed.kind === 'record') expect(parseOsvRecord(JSON.parse(JSON.stringify(parsed.record)))).toEqual(parsed);
});

const vectors = testData('vectors.tar.gz');
describe.skipIf(vectors === undefined)('the examples of the OSV schema', () => {
  const folder = path.join(vectors ?? '', 'osv-schema/tools/osv-linter/testdata');
  test.each(vectors === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (name) => {
    const { kind } = parseOsvRecord(JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
    expect(kind).toBe(name.startsWith('nointroduced-') ? 'rejected' : 'record');
  });
});
