/** GitHub-flavoured Markdown, for the comment of a pull request or a job summary. */

import type { Finding } from '../../../domain/advisory/finding.ts';
import { plural } from '../../../domain/plural.ts';
import { printable } from '../printable.ts';
import { describeSuppression } from '../scan-decisions.ts';
import { describeLeft } from './describe-left.ts';
import { describeFix, groupByFix } from './fix-groups.ts';
import { describeNothing, formatLocation, listFindings, type ScanReport, type ScanWriter } from './scan-report.ts';

/** Rows of one table: code hosts refuse comments that are longer than about that. */
const MAXIMUM_ROWS = 300;

/** Text of others, so that it is text: no markup, no HTML, no mention of people. */
function quote(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ')).replaceAll(
    /[\\`*_{}[\]()<>#+!|~@&]/g,
    (sign) => `&#${sign.codePointAt(0)};`,
  );
}

function toRow(finding: Finding): string {
  const id =
    finding.url === undefined ? quote(finding.advisory) : `[${quote(finding.advisory)}](${encodeURI(finding.url)})`;
  const score = finding.score === undefined ? '' : ` ${finding.score.toFixed(1)}`;
  const [place] = finding.locations;
  const where = place === undefined ? '' : quote(formatLocation(place));
  const cve = [...finding.aliases, ...(finding.upstream ?? [])].find((name) => name.startsWith('CVE-'));
  const names = cve === undefined ? id : `${id} (${quote(cve)})`;
  const fix = finding.fixedIn === undefined ? 'none known' : quote(finding.fixedIn);
  return `| ${finding.severity}${score} | ${names} | ${quote(finding.summary)} | ${fix} | ${where} |`;
}

function groupsOf(report: ScanReport): string[] {
  let rows = 0;
  return groupByFix(report).flatMap((group) => {
    if (rows > MAXIMUM_ROWS) return [];
    rows += group.members.length;
    const head = ['| severity | advisory | what | fixed in | where |', '| --- | --- | --- | --- | --- |'];
    return ['', `**${quote(describeFix(group))}**`, '', ...head, ...group.members.map(({ finding }) => toRow(finding))];
  });
}

export const writeMarkdown: ScanWriter = (report) => {
  const findings = listFindings(report);
  const suppressed = findings.flatMap(({ finding }) => {
    const why = describeSuppression(finding);
    return why === undefined ? [] : [`- ${quote(`${finding.advisory} in ${finding.name} ${finding.version}: ${why}`)}`];
  });
  const undecided = report.platforms.flatMap(({ result }) => result.undecided);
  const components = report.platforms.reduce((sum, { source }) => sum + source.stock.components.length, 0);
  const nothing = describeNothing(report);
  const left = describeLeft(report);
  const open = findings.length - suppressed.length;
  const shown = open > MAXIMUM_ROWS ? ` The first ${MAXIMUM_ROWS} or so are listed.` : '';
  return [
    open === 0 && nothing !== undefined
      ? `### ${quote(nothing.replace(/^n/, 'N'))}`
      : `### ${open === 0 ? 'No known vulnerability' : `${plural(open, 'finding')}`} in ${plural(components, 'component')} of ${quote(report.describe)}`,
    ...(shown === '' ? [] : ['', shown.trim()]),
    ...groupsOf(report),
    ...(suppressed.length === 0 ? [] : ['', '**Not counted**', '', ...suppressed]),
    ...(undecided.length === 0 ? [] : ['', `${plural(undecided.length, 'match', 'matches')} could not be decided.`]),
    ...(left === undefined ? [] : ['', `${quote(left)}.`]),
    ...report.reports.flatMap(({ scanner, agreed, onlyTheirs, onlyOurs }) => [
      '',
      `Held against ${quote(scanner)}: ${agreed.length} found by both, ${onlyTheirs.length} only there, ${onlyOurs.length} only here.`,
    ]),
    '',
  ].join('\n');
};
