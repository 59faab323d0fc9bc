import { expect, test } from 'vitest';
import { rateSeverity } from '../../../../domain/advisory/severity.ts';
import { affects, osv } from './osv.ts';

const vector = (type: string, score: string) => ({ severity: [{ type, score }] });
const V31 = (score: string) => vector('CVSS_V3', `CVSS:3.1/${score}`);

/** Scores as first.org's calculators and NVD give them. */
test.each<[string, string, object, object, string, number | undefined]>([
  ['3.1', 'GHSA-a', V31('AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'), {}, 'critical', 9.8],
  ['3.1 scope changed', 'GHSA-a', V31('AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H'), {}, 'critical', 10],
  ['3.1', 'GHSA-a', V31('AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H'), {}, 'high', 7.2],
  ['3.0', 'GHSA-a', vector('CVSS_V3', 'CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'), {}, 'medium', 6.1],
  ['3.1 no impact', 'GHSA-a', V31('AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N'), {}, 'none', 0],
  [
    '4.0',
    'GHSA-a',
    vector('CVSS_V4', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N'),
    {},
    'high',
    8.7,
  ],
  // NVD's scale for version 2 has no "critical".
  ['2.0', 'GHSA-a', vector('CVSS_V2', 'AV:N/AC:L/Au:N/C:C/I:C/A:C'), {}, 'high', 10],
  [
    'a broken vector falls back to the word',
    'GHSA-a',
    { ...V31('AV:N'), database_specific: { severity: 'MODERATE' } },
    {},
    'medium',
    undefined,
  ],
  ['a word', 'GHSA-a', { database_specific: { severity: 'HIGH' } }, {}, 'high', undefined],
  ['an urgency of Debian', 'DSA-1', {}, { ecosystem_specific: { urgency: 'unimportant' } }, 'low', undefined],
  [
    'an urgency that says nothing',
    'DSA-1',
    {},
    { ecosystem_specific: { urgency: 'not yet assigned' } },
    'unknown',
    undefined,
  ],
  [
    'the vector of the package before that of the record',
    'GHSA-a',
    V31('AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'),
    V31('AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'),
    'medium',
    6.1,
  ],
  ['malware', 'MAL-2024-1', {}, {}, 'critical', undefined],
  ['nothing', 'GHSA-a', {}, {}, 'unknown', undefined],
])('%s', (_, id, record, affected, severity, score) => {
  const parsed = osv(id.padEnd(4, '-'), { ...record, affected: [{ ...affects('npm', 'x', 'i:0'), ...affected }] });
  const { from, ...rated } = rateSeverity(parsed, parsed.affected[0]!);
  expect(rated).toEqual({ severity, ...(score === undefined ? {} : { score }) });
  // A number comes from a vector, a word from whoever said it, and nothing from nowhere.
  expect(from ?? '').toMatch(
    score !== undefined
      ? /AV:[NL]\//
      : severity === 'unknown'
        ? /^$/
        : /: (?:MODERATE|HIGH|unimportant)$|^malicious package$/,
  );
});

test('of several vectors the worst counts, version 2 only where there is no newer one', () => {
  const parsed = osv('GHSA-a', {
    severity: [
      { type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' },
      { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H' },
      { type: 'CVSS_V4', score: 'CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' },
    ],
    affected: [affects('npm', 'x', 'i:0')],
  });
  expect(rateSeverity(parsed, parsed.affected[0]!)).toEqual({
    severity: 'high',
    score: 8.8,
    from: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H',
  });
});
