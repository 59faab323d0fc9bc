import { isSuppressed } from '../../domain/advisory/finding.ts';
import type { ArtifactFindingAnswer, ListAnswer } from './api-answers.ts';
import { describeReach, shortName } from './scan-output/describe-reach.ts';
import type { Style } from './style.ts';
import { formatTable } from './text-table.ts';

/** A line a finding: how bad, in what, fixed where, what brings it and who holds the fix back, and what was decided. */
export function renderFindings({ items, next }: ListAnswer<ArtifactFindingAnswer>, style: Style): string {
  if (items.length === 0) return 'no findings\n';
  const platforms = new Set(items.map(({ platform }) => platform));
  const rows = items.map((finding) => [
    ...(platforms.size > 1 ? [finding.platform] : []),
    severityOf(finding, style),
    nameOf(finding),
    `${finding.name} ${finding.version}`,
    finding.locations[0]?.path ?? '-',
    finding.fixedIn ?? '-',
    finding.path === undefined ? '-' : finding.path.slice(0, -1).map(shortName).join(' > '),
    finding.reach === undefined ? '-' : describeReach(finding.reach, finding.purl),
    stateOf(finding),
  ]);
  const head = ['SEVERITY', 'ADVISORY', 'COMPONENT', 'WHERE', 'FIXED IN', 'BY WAY OF', 'REACH', 'STATE'];
  const more = next === null ? '' : `${items.length} shown: --limit shows more\n`;
  return `${formatTable(platforms.size > 1 ? ['PLATFORM', ...head] : head, rows)}${more}`;
}

function severityOf(finding: ArtifactFindingAnswer, style: Style): string {
  const { severity, score, kev, epss } = finding;
  const rated = score === undefined ? severity : `${severity} ${score.toFixed(1)}`;
  const isGrave = !isSuppressed(finding) && (severity === 'critical' || severity === 'high' || kev !== undefined);
  const threat = [
    ...(kev === undefined ? [] : ['exploited']),
    ...(epss === undefined ? [] : [`EPSS ${(epss.score * 100).toFixed(1)}%`]),
  ].join(', ');
  return `${isGrave ? style.paint.red(rated) : rated}${threat === '' ? '' : `, ${threat}`}`;
}

/** With the CVE, which is what people look for. */
function nameOf({ advisory, aliases }: ArtifactFindingAnswer): string {
  const cve = aliases.find((alias) => alias.startsWith('CVE-'));
  return cve === undefined ? advisory : `${advisory} (${cve})`;
}

function stateOf({ vex, ignored, decision }: ArtifactFindingAnswer): string {
  const state = ignored === undefined ? vex?.status : 'accepted_risk';
  if (state === undefined) return '-';
  return decision?.until === undefined ? state : `${state} until ${decision.until.slice(0, 10)}`;
}
