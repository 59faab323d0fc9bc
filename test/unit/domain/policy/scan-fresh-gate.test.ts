import { describe, expect, test } from 'vitest';
import { judge, type Row } from './judge-gate.ts';
import { ago, createJudged } from './judged-artifact.ts';

describe('scan-fresh', () => {
  const scan = createJudged().scan!;
  const scanned = (part: Partial<typeof scan>) => createJudged({ scan: { ...scan, ...part } });
  const feed = (ecosystem: string, seconds: number) => ({ ecosystem, at: ago(seconds) });
  test.each<Row>([
    ['fresh', createJudged(), 'pass', /judged 60 s after its scan, against advisories then 60 min old/],
    ['at the limit', scanned({ at: ago(3600) }), 'pass', /judged 60 min after/],
    ['over the limit', scanned({ at: ago(3601) }), 'unknown', /scan again/],
    ['never', createJudged({ scan: undefined }), 'unknown', /never scanned/],
    ['failed', createJudged({ failure: 'out of memory' }), 'unknown', /out of memory/],
    [
      'advisories too old',
      scanned({ databaseSyncedAt: ago(90_000) }),
      'unknown',
      /advisories are 25 h old, at most 24 h/,
    ],
    [
      'never synced: the newest record counts',
      scanned({ databaseSyncedAt: undefined, databaseNewest: ago(90_000) }),
      'unknown',
      /25 h old/,
    ],
    [
      'advisories of unknown age',
      scanned({ databaseSyncedAt: undefined, databaseNewest: undefined }),
      'unknown',
      /advisories sync/,
    ],
    [
      'one of the feeds it needs too old',
      scanned({ feeds: [feed('npm', 60), feed('Debian', 90_000)] }),
      'unknown',
      /^the advisories of Debian are 25 h old, at most 24 h/,
    ],
    [
      'one of the feeds it needs of unknown age',
      scanned({ feeds: [feed('npm', 60), { ecosystem: 'Maven', at: undefined }] }),
      'unknown',
      /^there are no advisories of Maven of a known age: run "pratique advisories sync --from DIR\|ZIP\|URL"$/,
    ],
    [
      'the feeds it needs young, whatever others are',
      scanned({ databaseSyncedAt: ago(90_000), feeds: [feed('npm', 60), feed('Debian', 3600)] }),
      'pass',
      /advisories then 60 min old \(of the feeds it needs, Debian is the oldest\)/,
    ],
    ['from the future', scanned({ at: ago(-3600) }), 'unknown', /cannot be right/],
    ['no time at all', scanned({ at: 'yesterday' }), 'unknown', /cannot be right/],
    ['two clocks that differ a little', scanned({ at: ago(-60) }), 'pass', /judged 0 s after/],
  ])('%s', (_what, judged, verdict, reason) => {
    const gate = '{gate: scan-fresh, maximumAge: PT1H, databaseMaximumAge: P1D}';
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });
});
