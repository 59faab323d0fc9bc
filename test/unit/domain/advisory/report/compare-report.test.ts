import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../../../domain/advisory/finding.ts';
import { compareReport } from '../../../../../domain/advisory/report/compare-report.ts';
import type { ReportedFinding } from '../../../../../domain/advisory/report/scanner-report.ts';

const ours = (more: Partial<Finding> = {}): Finding => ({
  ...{ advisory: 'GHSA-1', aliases: ['CVE-2024-1'], summary: '', severity: 'high', locations: [] },
  ...{ purl: 'pkg:npm/%40a/b@1.0.0', name: '@a/b', version: '1.0.0' },
  ...more,
});
const theirs = (more: Partial<ReportedFinding> = {}): ReportedFinding => ({
  ...{ ids: ['CVE-2024-1'], purl: 'pkg:npm/%40a/b@1.0.0', name: 'b', version: '1.0.0' },
  ...{ severity: 'high', fixedIn: [] },
  ...more,
});
const none = { purl: undefined as unknown as string };
const sides = (mine: Finding, other: ReportedFinding) => {
  const { agreed, onlyTheirs, onlyOurs } = compareReport([mine], {
    findings: [other],
  });
  return [agreed.length, onlyTheirs.length, onlyOurs.length];
};

describe('the same vulnerability in the same package', () => {
  test.each<[string, Finding, ReportedFinding]>([
    ['by an alias', ours(), theirs()],
    ['by the id itself', ours(), theirs({ ids: ['GHSA-1'] })],
    ['by a name only they know first', ours(), theirs({ ids: ['X-1', 'CVE-2024-1'] })],
    ['one CVE of a DSA', ours({ aliases: [], upstream: ['CVE-2024-0', 'CVE-2024-1'] }), theirs()],
    ['whatever the qualifiers', ours(), theirs({ purl: 'pkg:npm/%40a/b@1.0.0?arch=x#lib' })],
    ['whatever the encoding', ours(), theirs({ purl: 'pkg:npm/@a/b@1.0.0' })],
    ['by name and version', ours(), theirs({ ...none, name: '@A/b' })],
    ['where a report names no package', ours(), theirs({ ...none, name: '', version: '' })],
    ['where its purl is none', ours(), theirs({ purl: 'b@1.0.0', name: '@a/b' })],
  ])('%s', (_, mine, other) => {
    expect(sides(mine, other)).toEqual([1, 0, 0]);
  });
});

describe('another one', () => {
  test.each<[string, ReportedFinding]>([
    ['vulnerability', theirs({ ids: ['CVE-2024-2'] })],
    ['version', theirs({ purl: 'pkg:npm/%40a/b@1.0.1', version: '1.0.1' })],
    ['package of the same name', theirs({ purl: 'pkg:pypi/b@1.0.0' })],
  ])('%s', (_, other) => {
    expect(sides(ours(), other)).toEqual([0, 1, 1]);
  });
});

test('what a scanner tells of several places is one', () => {
  const report = { scanner: 'x', version: '', findings: [theirs({ ids: ['CVE-9'] }), theirs({ ids: ['CVE-9'] })] };
  expect(compareReport([], report).onlyTheirs).toHaveLength(1);
});
