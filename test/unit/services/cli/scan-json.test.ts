import { expect, test } from 'vitest';
import type { Undecided } from '../../../../domain/advisory/finding.ts';
import { writeJson } from '../../../../services/cli/scan-output/json.ts';
import type { ScanReport } from '../../../../services/cli/scan-output/scan-report.ts';

const platform = (undecided: readonly Undecided[]): ScanReport['platforms'][number] => ({
  platform: 'linux/amd64',
  source: {
    stock: { components: [], unreadable: [{ path: 'a', reason: '\n      "undecided": [],' }], complete: false },
    subject: { kind: 'application', name: 'a' },
  },
  result: { findings: [], undecided, upgrades: [], database: { records: 0, digest: 'x', newest: '' } },
});
const told = [
  { purl: 'pkg:npm/a@1', advisory: 'GHSA-1', reason: 'a "reason"\n' },
  { purl: 'pkg:npm/b@1', reason: 'b' },
];

test('in pieces it is the same text as whole', () => {
  const report: ScanReport = {
    target: 'a',
    pathOf: (place) => place,
    describe: 'a',
    platforms: [platform([]), platform(told), platform([])],
    toolVersion: '1',
    scannedAt: '2026-01-01T00:00:00Z',
    reports: [],
  };
  const text = [...writeJson(report)].join('');
  const said = JSON.parse(text) as { platforms: { undecided: unknown }[] };
  expect(said.platforms.map(({ undecided }) => undecided)).toEqual([[], told, []]);
  expect(text).toBe(`${JSON.stringify(said, null, 2)}\n`);
});
