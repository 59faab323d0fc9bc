import type { ReleaseSummary } from '../../adapters/postgres/read-releases.ts';
import type { ListAnswer, ReleaseAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatTable } from './text-table.ts';

/** What came of asking for a release, or of deciding about one. */
export function renderRelease(answer: ReleaseAnswer, style: Style): string {
  const { outcome, request = 'it', reason = '', incidents = [], repositories = [] } = answer;
  switch (outcome) {
    case 'released':
      return `${paintState('released', style)} from ${incidents.join(', ')}; back through the gates in ${repositories.join(', ') || 'no repository'}\n`;
    case 'rejected':
      return `${request}: ${reason}\n`;
    case 'waiting':
      return `${paintState('waiting', style)}: somebody else has to decide about ${request}\n`;
  }
}

/** A release request a line, the command that decides about it below. */
export function renderReleases({ items, next }: ListAnswer<ReleaseSummary>, style: Style): string {
  if (items.length === 0) return 'no releases\n';
  const rows = items.map((release) => [
    release.id,
    paintState(release.state, style),
    shortDigest(release.digest, style),
    release.repositories.join(', ') || 'never pushed here',
    release.incident,
    `${formatTime(release.requestedAt, style)} by ${release.requestedBy}`,
    release.reason,
    release.decidedBy === null ? '' : `${release.decidedBy}, ${formatTime(release.decidedAt, style)}`,
  ]);
  const head = ['RELEASE', 'STATE', 'DIGEST', 'REPOSITORY', 'INCIDENT', 'ASKED FOR', 'WHY', 'DECIDED BY'];
  const waiting = items.find(({ state }) => state === 'waiting');
  const decide = waiting === undefined ? '' : `decide: ${style.paint.cyan(approveReleaseCommand(waiting.id))}\n`;
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(head, rows)}${decide}${more}`;
}

/** The command that lets it out, ready to be typed. */
export function approveReleaseCommand(id: string): string {
  return `pratique approve ${id} --reason "…"`;
}
