import { describe, expect, test } from 'vitest';
import { toJudged } from '../../../../domain/advisory/report/judged-report.ts';
import type { ReportedFinding } from '../../../../domain/advisory/report/scanner-report.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { GateVerdict, JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { judge, type Row } from './judge-gate.ts';
import { createFinding, createJudged, createPlatform, digestOf } from './judged-artifact.ts';

const pick = ({ platforms }: JudgedArtifact) => ({ platforms });

describe('vulnerabilities', () => {
  const gate = '{gate: vulnerabilities, severity: high}';
  const withFindings = (...findings: ReturnType<typeof createFinding>[]) =>
    createJudged({ platforms: [createPlatform({ findings })] });
  const undecided = createJudged({
    platforms: [
      createPlatform({
        undecided: [{ purl: 'pkg:deb/debian/x@!', advisory: 'DSA-1', reason: 'the version cannot be read' }],
      }),
    ],
  });
  const leftOne = { purl: 'pkg:pypi/x@1', distribution: 'Debian:12', package: 'pkg:deb/debian/python3-x@1-1' };
  test.each<Row>([
    ['none', createJudged(), 'pass', /^no vulnerability at or above high$/],
    [
      'none, and some left to the distribution',
      createJudged({ platforms: [createPlatform({ left: [leftOne, leftOne] }), createPlatform({ left: [leftOne] })] }),
      'pass',
      /^no vulnerability at or above high \(3 components left to the advisories of the distribution\)$/,
    ],
    ['below', withFindings(createFinding({ severity: 'medium' })), 'pass', /1 below/],
    [
      'at',
      withFindings(createFinding()),
      'fail',
      /^1 vulnerability at or above high: high GHSA-29mw-wpgm-hmr9 in lodash 4.17.20 \(fixed in 4.17.21\)$/,
    ],
    [
      'above, named first',
      withFindings(
        createFinding(),
        createFinding({
          severity: 'critical',
          advisory: 'CVE-2021-44228',
          name: 'log4j-core',
          version: '2.14.1',
          fixedIn: '2.15.0',
        }),
      ),
      'fail',
      /2 vulnerabilities at or above high: critical CVE-2021-44228 in log4j-core 2.14.1 \(fixed in 2.15.0\) and others/,
    ],
    [
      'of unknown severity',
      withFindings(createFinding({ severity: 'unknown' })),
      'unknown',
      /1 match could not be decided: unknown GHSA/,
    ],
    [
      'attacked, below the severity',
      withFindings(createFinding({ severity: 'low', kev: { added: '2026-01-01', ransomware: false } })),
      'pass',
      /1 below/,
    ],
    ['undecided', undecided, 'unknown', /undecided: pkg:deb\/debian\/x@!, DSA-1: the version cannot be read/],
    [
      'bad and incomplete: bad wins',
      createJudged({ platforms: [createPlatform({ complete: false, findings: [createFinding()] })] }),
      'fail',
      /lodash/,
    ],
    ['no scan', createJudged({ scan: undefined }), 'unknown', /never scanned/],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  test('says which component, which layer and path, which advisory, fixed where', () => {
    expect(judge(gate, withFindings(createFinding())).details).toEqual([
      `high GHSA-29mw-wpgm-hmr9 (CVE-2020-28500): lodash 4.17.20, in layer ${digestOf('layer').slice(0, 19)} app/node_modules/lodash/package.json, fixed in 4.17.21 [linux/amd64]`,
    ]);
  });

  test('one vulnerability in two platforms is one vulnerability', () => {
    const findings = [createFinding()];
    const judged = createJudged({
      platforms: [createPlatform({ findings }), createPlatform({ platform: 'linux/arm64', findings })],
    });
    expect(judge(gate, judged).reason).toMatch(/^1 vulnerability /);
    expect(judge(gate, judged).details).toHaveLength(2);
  });

  const exception = (text: string) => `{gate: vulnerabilities, severity: high, exceptions: [{reason: x, ${text}}]}`;
  test.each([
    ['by id', 'advisory: GHSA-29mw-wpgm-hmr9, expires: 2000-01-11', 'pass'],
    ['by alias', 'advisory: CVE-2020-28500, expires: 2000-01-11', 'pass'],
    ['to the end of its day', 'advisory: CVE-2020-28500, expires: 2000-01-10', 'pass'],
    ['over since yesterday', 'advisory: CVE-2020-28500, expires: 2000-01-09', 'fail'],
    ['over at this instant', 'advisory: CVE-2020-28500, expires: 2000-01-10T00:00:00Z', 'fail'],
    ['for this purl', 'advisory: CVE-2020-28500, purl: "pkg:npm/lodash@4.17.20", expires: 2000-01-11', 'pass'],
    ['for every version of it', 'advisory: CVE-2020-28500, purl: pkg:npm/lodash, expires: 2000-01-11', 'pass'],
    ['for another component', 'advisory: CVE-2020-28500, purl: pkg:npm/lodash-es, expires: 2000-01-11', 'fail'],
    ['for another advisory', 'advisory: CVE-2020-28501, expires: 2000-01-11', 'fail'],
  ])('an exception %s', (_what, text, verdict) => {
    expect(judge(exception(text), withFindings(createFinding())).verdict).toBe(verdict);
  });

  test('an exception stays visible, an expired one is named', () => {
    expect(
      judge(exception('advisory: CVE-2020-28500, expires: 2000-01-11'), withFindings(createFinding())),
    ).toMatchObject({
      reason: expect.stringMatching(/1 let through by exception/),
      details: [expect.stringMatching(/let through until 2000-01-11: x$/)],
    });
    const { details } = judge(
      exception('advisory: CVE-2020-28500, expires: 2000-01-09'),
      withFindings(createFinding()),
    );
    expect(details[0]).toMatch(/its exception ended 2000-01-09$/);
  });

  test.each(['DSA-1', 'undecided'])('an exception for %s lets an undecided match through', (advisory) => {
    expect(judge(exception(`advisory: ${advisory}, expires: 2000-01-11`), undecided).verdict).toBe('pass');
  });

  test('at most fifty lines, none with an escape sequence', () => {
    const findings = Array.from({ length: 120 }, (_, i) =>
      createFinding({ advisory: `CVE-${i}`, name: '\u001b[2J\nlodash' }),
    );
    const { details, reason } = judge(gate, withFindings(...findings));
    expect(details).toHaveLength(50);
    expect(details.at(-1)).toBe('and 71 more');
    expect(`${reason}${details.join('')}`).not.toMatch(/\p{Cc}/u);
  });

  test.each<[what: string, finding: object, verdict: string]>([
    ['attacked, of low severity', { severity: 'low', kev: { added: '2026-01-01', ransomware: false } }, 'fail'],
    ['attacked, of unknown severity', { severity: 'unknown', kev: { added: '2026-01-01', ransomware: false } }, 'fail'],
    ['likely to be attacked only', { severity: 'low', epss: { score: 0.9, percentile: 0.99 } }, 'pass'],
  ])('with knownExploited: %s', (_, finding, verdict) => {
    const rule = '{gate: vulnerabilities, severity: high, knownExploited: true}';
    expect(judge(rule, withFindings(createFinding(finding)))).toMatchObject({ verdict });
  });

  const theirs = (severity: 'low' | 'high' | 'unknown', more: Partial<ReportedFinding> = {}) =>
    toJudged({
      ...{ ids: ['CVE-2021-1', 'GHSA-1'], purl: 'pkg:npm/lodash@4.17.20', name: 'lodash', version: '4.17.20' },
      ...{ severity, fixedIn: [] },
      ...more,
    });
  const reportedOf = (about: Digest, covers: readonly Digest[], ...findings: ReturnType<typeof theirs>[]) =>
    createJudged({
      platforms: [createPlatform({ findings: [createFinding({ severity: 'low' })] })],
      reports: [{ digest: digestOf('report'), scanner: 'grype 1', about, covers, findings }],
    });
  const reported = (...findings: ReturnType<typeof theirs>[]) =>
    reportedOf(createJudged().key.digest, [createJudged().key.digest], ...findings);
  const inner = digestOf('an index inside of it');
  const asked = (more = '') => `{gate: vulnerabilities, severity: high, reports: high${more}}`;
  test.each<[what: string, judged: JudgedArtifact, verdict: GateVerdict, reason: RegExp, rule?: string]>([
    ['at the severity', reported(theirs('high')), 'unknown', /grype 1 reports .*: high CVE-2021-1 in lodash 4.17.20$/],
    ['of unknown severity', reported(theirs('unknown')), 'unknown', /unknown CVE-2021-1/],
    ['below', reported(theirs('low')), 'pass', /1 below/],
    ['that we have, too', reported(theirs('high', { ids: ['CVE-2020-28500'] })), 'pass', /1 below/],
    [
      'of an index inside, that we have, too',
      reportedOf(inner, [inner, createPlatform().digest], theirs('high', { ids: ['CVE-2020-28500'] })),
      ...(['pass', /1 below/] as const),
    ],
    [
      'of another platform, that we have in this one',
      reportedOf(inner, [inner], theirs('high', { ids: ['CVE-2020-28500'] })),
      ...(['unknown', /CVE-2020-28500/] as const),
    ],
    ['where nobody asks', reported(theirs('high')), 'pass', /1 below/, gate],
    [
      'with an exception',
      reported(theirs('high')),
      'pass',
      /1 let through by exception/,
      asked(', exceptions: [{advisory: GHSA-1, reason: x, expires: 2000-01-11}]'),
    ],
    ['beside what is bad', { ...reported(theirs('high')), ...pick(withFindings(createFinding())) }, 'fail', /lodash/],
  ])('what another scanner reports, %s', (_, judged, verdict, reason, rule = asked()) => {
    expect(judge(rule, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });
});
