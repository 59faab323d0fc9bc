import { expect, test } from 'vitest';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import { findingChanges, type Matched } from '../../../../domain/advisory/finding-changes.ts';

const finding = (advisory: string, more: Partial<Finding> = {}): Finding => ({
  ...{
    advisory,
    aliases: [],
    summary: '',
    severity: 'high',
    purl: 'pkg:npm/a@1',
    name: 'a',
    version: '1',
    locations: [],
  },
  ...more,
});
const matched = (findings: Finding[], undecided: Matched['undecided'] = []): Matched => ({ findings, undecided });
const undecided = { purl: 'pkg:npm/a@1', advisory: 'A', reason: 'no order' };

test.each<[what: string, before: Matched, after: Matched, changes: object[]]>([
  ['nothing', matched([finding('A')]), matched([finding('A')]), []],
  [
    'new',
    matched([]),
    matched([finding('A', { fixedIn: '2' })]),
    [{ advisory: 'A', change: 'appeared', severity: 'high', fixedIn: '2' }],
  ],
  ['gone', matched([finding('A')]), matched([]), [{ advisory: 'A', change: 'gone' }]],
  [
    'worse',
    matched([finding('A')]),
    matched([finding('A', { severity: 'critical' })]),
    [{ change: 'worsened', severity: 'critical' }],
  ],
  [
    'less bad',
    matched([finding('A')]),
    matched([finding('A', { severity: 'low' })]),
    [{ change: 'changed', severity: 'low' }],
  ],
  [
    'rated now',
    matched([finding('A', { severity: 'unknown' })]),
    matched([finding('A', { severity: 'low' })]),
    [{ change: 'worsened', severity: 'low' }],
  ],
  [
    'rated no more',
    matched([finding('A')]),
    matched([finding('A', { severity: 'unknown' })]),
    [{ change: 'changed', severity: 'unknown' }],
  ],
  [
    'malicious now, by another name of it',
    matched([finding('A', { severity: 'critical' })]),
    matched([finding('A', { severity: 'critical', aliases: ['MAL-2026-1'] })]),
    [{ advisory: 'A', change: 'worsened', severity: 'critical' }],
  ],
  [
    'no longer',
    matched([finding('A', { aliases: ['MAL-2026-1'] })]),
    matched([finding('A')]),
    [{ advisory: 'A', change: 'changed' }],
  ],
  [
    'fixed now',
    matched([finding('A')]),
    matched([finding('A', { fixedIn: '2' })]),
    [{ change: 'changed', fixedIn: '2' }],
  ],
  ['other words', matched([finding('A')]), matched([finding('A', { summary: 'x', aliases: ['B'] })]), []],
  ['decided', matched([], [undecided]), matched([finding('A')]), [{ change: 'worsened', severity: 'high' }]],
  ['undecided', matched([]), matched([], [undecided]), [{ change: 'appeared', severity: 'undecided' }]],
  [
    'two',
    matched([finding('B')]),
    matched([finding('A')]),
    [
      { advisory: 'A', change: 'appeared' },
      { advisory: 'B', change: 'gone' },
    ],
  ],
  // PyPI's record is known first, GitHub's comes days later and has the first name from then on.
  [
    'another record of the same vulnerability',
    matched([finding('PYSEC-1', { aliases: ['CVE-1'] })]),
    matched([finding('GHSA-1', { aliases: ['CVE-1', 'PYSEC-1'] })]),
    [],
  ],
  [
    'another record, which rates it higher',
    matched([finding('PYSEC-1', { aliases: ['CVE-1'] })]),
    matched([finding('GHSA-1', { aliases: ['CVE-1'], severity: 'critical' })]),
    [{ advisory: 'GHSA-1', change: 'worsened', severity: 'critical' }],
  ],
  [
    'the report of a malicious package that had another name',
    matched([finding('MAL-1', { severity: 'critical' })]),
    matched([finding('GHSA-1', { aliases: ['MAL-1'], severity: 'critical' })]),
    [],
  ],
  [
    'two that turn out to be one, as grave as the graver was',
    matched([finding('GO-1', { severity: 'critical' }), finding('GHSA-1', { aliases: ['CVE-1'] })]),
    matched([finding('GHSA-1', { aliases: ['CVE-1', 'GO-1'], severity: 'critical' })]),
    [],
  ],
  [
    'another vulnerability that shares the name of a record about both',
    matched([finding('GHSA-1', { aliases: ['CVE-1', 'GO-1'] })]),
    matched([finding('GHSA-1', { aliases: ['CVE-1', 'GO-1'] }), finding('GHSA-2', { aliases: ['CVE-2', 'GO-1'] })]),
    [{ advisory: 'GHSA-2', change: 'appeared' }],
  ],
  [
    'a record that nobody can tell about, beside one that was decided',
    matched([finding('GHSA-1', { aliases: ['A'] })]),
    matched([finding('GHSA-1', { aliases: ['A'] })], [undecided]),
    [{ advisory: 'A', change: 'appeared', severity: 'undecided' }],
  ],
  [
    'decided no more',
    matched([finding('A')]),
    matched([], [undecided]),
    [{ change: 'changed', severity: 'undecided' }],
  ],
  ['undecided no more', matched([], [undecided]), matched([]), [{ change: 'gone', severity: 'undecided' }]],
])('%s', (_, before, after, changes) => {
  const found = findingChanges(before, after);
  expect(found).toMatchObject(changes);
  expect(found).toHaveLength(changes.length);
});
