/**
 * JUnit XML as CI systems read it: a suite a platform, a case a finding (a failure, or skipped where it does not count), a match
 * that is undecided or a file that was not read (an error), or a component without either.
 */
import { type Finding, isSuppressed, type Undecided } from '../../../domain/advisory/finding.ts';
import type { Stock } from '../../../domain/sbom/component.ts';
import { describeSuppression } from '../scan-decisions.ts';
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

function formatFinding(finding: Finding): string {
  const suppression = describeSuppression(finding);
  if (suppression !== undefined) return `<skipped message="${escapeXml(suppression)}"/>`;
  const fix = finding.fixedIn === undefined ? 'no fix known' : `fixed in ${finding.fixedIn}`;
  const where = finding.locations.map((location) => `\n${formatLocation(location)}`).join('');
  const message = `${finding.severity} ${finding.advisory}: ${finding.summary} (${fix})`;
  return `<failure type="${escapeXml(finding.advisory)}" message="${escapeXml(message)}">${escapeXml(`${finding.url ?? ''}${where}`)}</failure>`;
}

function formatUndecided({ advisory, reason }: Undecided): string {
  return formatError('undecided', `${advisory === undefined ? '' : `${advisory}: `}${reason}`);
}

function formatError(type: string, message: string): string {
  return `<error type="${type}" message="${escapeXml(message)}"/>`;
}

function formatCase(group: string, title: string, result = ''): string {
  const head = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(title)}"`;
  return result === '' ? `${head}/>` : `${head}>${result}</testcase>`;
}

/** A report without a case is green. */
function stockErrors({ components, unreadable, complete }: Stock): string[] {
  const unread = unreadable.map((place) =>
    formatCase('stock', formatLocation(place), formatError('unreadable', place.reason)),
  );
  if (unread.length > 0) return unread;
  if (!complete) return [formatCase('stock', 'components', formatError('incomplete', 'not everything was read'))];
  return components.length > 0
    ? []
    : [formatCase('stock', 'components', formatError('empty', 'no component was found'))];
}

function formatSuite({ platform, source, result }: ScannedPlatform, describe: string): string {
  const findings = Map.groupBy(result.findings, ({ purl }) => purl);
  const undecided = Map.groupBy(result.undecided, ({ purl }) => purl);
  const name = platform === undefined ? describe : `${describe} (${platform})`;
  const unread = stockErrors(source.stock);
  const judged = source.stock.components.flatMap(({ purl, ecosystem }) => {
    const told = [
      ...(findings.get(purl) ?? []).map((finding) => [`${purl} ${finding.advisory}`, formatFinding(finding)] as const),
      ...(undecided.get(purl) ?? []).map(
        (one) => [`${purl} ${one.advisory ?? ''}`.trim(), formatUndecided(one)] as const,
      ),
    ];
    if (told.length === 0) return [formatCase(ecosystem, purl)];
    return told.map(([title, result]) => formatCase(ecosystem, title, result));
  });
  const cases = [...unread, ...judged];
  const skipped = result.findings.filter(isSuppressed).length;
  const counts = [
    `tests="${cases.length}" failures="${result.findings.length - skipped}"`,
    `errors="${unread.length + result.undecided.length}" skipped="${skipped}"`,
  ].join(' ');
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
