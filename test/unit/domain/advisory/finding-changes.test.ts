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
])('%s', (_, before, after, changes) => {
  const found = findingChanges(before, after);
  expect(found).toMatchObject(changes);
  expect(found).toHaveLength(changes.length);
});
