/** JUnit XML as CI systems read it: a suite a platform, a case a finding (a failure), a match that is undecided (an error), or a component without either. */
import { type Finding, isSuppressed, type Undecided } from '../../../domain/advisory/finding.ts';
import { formatLocation, type ScannedPlatform, type ScanWriter } from './scan-report.ts';

/** XML 1.0 allows no control characters but tab and line ends: others are replaced, the rest is escaped. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}

function formatFailure(finding: Finding): string {
  const fix = finding.fixedIn === undefined ? 'no fix known' : `fixed in ${finding.fixedIn}`;
  const where = finding.locations.map((location) => `\n${formatLocation(location)}`).join('');
  const message = `${finding.severity} ${finding.advisory}: ${finding.summary} (${fix})`;
  return `<failure type="${escapeXml(finding.advisory)}" message="${escapeXml(message)}">${escapeXml(`${finding.url ?? ''}${where}`)}</failure>`;
}

function formatError({ advisory, reason }: Undecided): string {
  return `<error type="undecided" message="${escapeXml(`${advisory === undefined ? '' : `${advisory}: `}${reason}`)}"/>`;
}

function formatSuite({ platform, source, result }: ScannedPlatform, describe: string): string {
  const open = result.findings.filter((finding) => !isSuppressed(finding));
  const findings = Map.groupBy(open, ({ purl }) => purl);
  const undecided = Map.groupBy(result.undecided, ({ purl }) => purl);
  const name = platform === undefined ? describe : `${describe} (${platform})`;
  const cases = source.stock.components.flatMap(({ purl, ecosystem }) => {
    const bad = [
      ...(findings.get(purl) ?? []).map((finding) => [`${purl} ${finding.advisory}`, formatFailure(finding)] as const),
      ...(undecided.get(purl) ?? []).map((one) => [`${purl} ${one.advisory ?? ''}`.trim(), formatError(one)] as const),
    ];
    const head = (title: string) => `    <testcase classname="${escapeXml(ecosystem)}" name="${escapeXml(title)}"`;
    if (bad.length === 0) return [`${head(purl)}/>`];
    return bad.map(([title, result]) => `${head(title)}>${result}</testcase>`);
  });
  const counts = `tests="${cases.length}" failures="${open.length}" errors="${result.undecided.length}"`;
  return [`  <testsuite name="${escapeXml(name)}" ${counts}>`, ...cases, '  </testsuite>'].join('\n');
}

export const writeJunit: ScanWriter = (report) =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="pratique scan">',
    ...report.platforms.map((platform) => formatSuite(platform, report.describe)),
    '</testsuites>',
    '',
  ].join('\n');
