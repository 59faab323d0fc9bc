import { expect, test } from 'vitest';
import { readThreatLines } from '../../../../domain/advisory/read-threat-lines.ts';

async function* lines(...values: unknown[]) {
  for (const [index, value] of values.entries()) yield { line: index + 1, value };
}
const kev = { cve: 'CVE-2020-0001', added: '2020-01-01', due: '2020-02-01', ransomware: true };

test.each<[what: string, kind: 'kev' | 'epss', value: unknown, reason: RegExp]>([
  ['no CVE', 'kev', { ...kev, cve: 'GHSA-1' }, /^cve: /],
  ['no day', 'kev', { ...kev, added: '2020' }, /^added: /],
  ['nothing about ransomware', 'kev', { cve: kev.cve, added: kev.added }, /^ransomware: /],
  ['a score above 1', 'epss', { cve: kev.cve, score: 1.5, percentile: 0 }, /^score: /],
  ['a score that is none', 'epss', { cve: kev.cve, score: '0.5', percentile: 0 }, /^score: /],
  ['an entry of the other kind', 'epss', kev, /^score: /],
  ['no object', 'kev', 'CVE-2020-0001', /^entry: /],
])('%s is counted, with its line', async (_, kind, value, reason) => {
  const { table, rejected, first } = await readThreatLines(kind, lines(value));
  expect([table.entries.size, rejected]).toEqual([0, 1]);
  expect(first).toEqual([{ place: 'line 1', reason: expect.stringMatching(reason) }]);
});

test('entries are read, the last of one CVE', async () => {
  const { table, rejected } = await readThreatLines('kev', lines(kev, 3, { ...kev, ransomware: false }));
  const { cve, ...entry } = kev;
  expect([[...table.entries], rejected]).toEqual([[[cve, { ...entry, ransomware: false }]], 1]);
});
