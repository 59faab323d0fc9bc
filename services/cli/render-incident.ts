import type { IncidentDetail, IncidentSummary } from '../../adapters/postgres/read-incidents.ts';
import type { IncidentOpenedAnswer, IncidentPreviewAnswer, ListAnswer } from './api-answers.ts';
import { approveReleaseCommand } from './render-release.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatRows, formatTable } from './text-table.ts';

/** Of what is pushed later nothing enters that fits; but a selector that is misspelt looks the same. */
const NOTHING_SELECTED =
  'It selects nothing that was seen: look at its spelling; "pratique affected" says how a package is named here\n';

/** What a selector covers, and where that runs; for a dry run what would be fenced. */
export function renderIncidentPreview(answer: IncidentPreviewAnswer | IncidentOpenedAnswer, style: Style): string {
  const { subjects, shared, dryRun } = answer;
  const count = `${subjects.length} ${subjects.length === 1 ? 'artifact' : 'artifacts'}`;
  const head =
    'id' in answer
      ? `${style.paint.bold(answer.id)}: ${count} quarantined\n`
      : `${count} would be quarantined${dryRun ? ' (nothing was changed)' : ''}\n`;
  const rows = subjects.map(({ digest, relation, repositories, environments }) => [
    shortDigest(digest, style),
    relation,
    repositories.join(', ') || 'never pushed here',
    environments.length === 0 ? 'runs nowhere' : style.paint.red(environments.join(', ')),
  ]);
  const body = rows.length === 0 ? NOTHING_SELECTED : formatTable(['DIGEST', 'BECAUSE', 'REPOSITORY', 'IN'], rows);
  const spared = shared.map((digest) => `shared with others, not quarantined: ${shortDigest(digest, style)}\n`);
  return `${head}${body}${spared.join('')}`;
}

/** A line an incident. */
export function renderIncidents({ items, next }: ListAnswer<IncidentSummary>, style: Style): string {
  if (items.length === 0) return 'no incidents\n';
  const rows = items.map((incident) => [
    incident.id,
    paintState(incident.state, style),
    `${incident.selector.kind}:${shortWithin(incident.selector.value, style)}`,
    progressOf(incident),
    formatTime(incident.openedAt, style),
    incident.openedBy,
    incident.reason,
  ]);
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(['INCIDENT', 'STATE', 'SELECTOR', 'REMOVED', 'OPENED', 'BY', 'WHY'], rows)}${more}`;
}

/** A digest of a selector, alone or after a repository, as tables show digests. */
const shortWithin = (value: string, style: Style) =>
  value.replace(/sha256:[0-9a-f]{64}/g, (digest) => shortDigest(digest, style));

/** How many of what it fenced are confirmed gone: `3 of 4`; released ones are none of its business any more. */
function progressOf({ subjects: { fenced, removing, confirmed, released } }: IncidentSummary): string {
  const all = fenced + removing + confirmed;
  if (all > 0) return `${confirmed} of ${all}`;
  return released > 0 ? 'all released' : 'nothing selected';
}

function sayProgress(incident: IncidentSummary): string {
  const { fenced, removing, confirmed, released } = incident.subjects;
  if (fenced + removing + confirmed > 0) return `removal confirmed for ${progressOf(incident)}`;
  return released > 0 ? `all it selected was released (${released})` : 'it selects nothing that was seen';
}

/** One line for stderr while a command waits. */
export function describeIncident(incident: IncidentSummary): string {
  return `${incident.id}: ${incident.state}, ${sayProgress(incident)}`;
}

/** One incident: what it selected and how far each is, releases and rebuilds. */
export function renderIncident(incident: IncidentDetail, style: Style): string {
  const { id, state, reason, selector, openedBy, openedAt, containedAt, closedAt, closedBy } = incident;
  const rows = [
    ['state', `${paintState(state, style)}, ${sayProgress(incident)}`],
    ['selector', `${selector.kind}:${selector.value}`],
    ['why', reason],
    ['opened', `${formatTime(openedAt, style)} by ${openedBy}`],
    ...(containedAt === null ? [] : [['contained', formatTime(containedAt, style)]]),
    ...(closedAt === null ? [] : [['closed', `${formatTime(closedAt, style)} by ${closedBy ?? 'unknown'}`]]),
  ];
  const sections: readonly (readonly [string, string])[] = [
    ['Quarantined', renderSubjects(incident, style)],
    ['Releases', renderReleases(incident, style)],
    ['Rebuilds', renderRebuilds(incident, style)],
  ];
  const body = sections.flatMap(([title, text]) => (text === '' ? [] : [`\n${style.paint.bold(title)}\n${text}`]));
  return `${style.paint.bold(id)}\n${formatRows(rows)}${body.join('')}`;
}

function renderSubjects({ subjectList, subjects }: IncidentDetail, style: Style): string {
  const rows = subjectList.map(({ digest, relation, state, repositories, environments, ...times }) => [
    shortDigest(digest, style),
    relation,
    paintState(state, style),
    repositories.join(', ') || 'never pushed here',
    whereItRuns(state, environments, style),
    formatTime(times.releasedAt ?? times.confirmedAt ?? times.fencedAt, style),
  ]);
  const all = subjects.fenced + subjects.removing + subjects.confirmed + subjects.released;
  return `${formatRows(rows)}${all > rows.length ? `  … ${all - rows.length} more\n` : ''}`;
}

/** What was released may be there again. */
function whereItRuns(state: string, environments: readonly string[], style: Style): string {
  if (environments.length === 0) return 'in no environment';
  const names = environments.join(', ');
  return state === 'released' ? `in ${names}` : style.paint.red(`still in ${names}`);
}

function renderReleases({ releases }: IncidentDetail, style: Style): string {
  return releases
    .map(({ id, digest, state, reason, requestedBy, requestedAt, decidedBy, decidedAt }) => {
      const asked = `  ${id}  ${paintState(state, style)}  ${shortDigest(digest, style)}: ${reason}; asked for by ${requestedBy}, ${formatTime(requestedAt, style)}\n`;
      if (state === 'waiting') return `${asked}    ${style.paint.cyan(approveReleaseCommand(id))}\n`;
      return decidedBy === null ? asked : `${asked}    decided by ${decidedBy}, ${formatTime(decidedAt, style)}\n`;
    })
    .join('');
}

function renderRebuilds({ rebuilds }: IncidentDetail, style: Style): string {
  return formatRows(
    rebuilds.map(({ id, repository, digest, state, newDigest, clears, why }) => [
      id,
      `${repository}@${shortDigest(digest, style)}`,
      paintState(state, style),
      newDigest === null ? '' : `gave ${shortDigest(newDigest, style)}`,
      describeClearing(clears, why, style),
    ]),
  );
}

/** It releases nothing: it is for whoever decides about a release. */
function describeClearing(clears: boolean | null | undefined, why: string | null, style: Style): string {
  // Gateways of before say nothing of it.
  if (typeof clears !== 'boolean') return '';
  return clears ? style.paint.green('clears it') : `does not clear it: ${why ?? 'unknown'}`;
}
