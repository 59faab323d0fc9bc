import type { DeadLetterRow, IntakeRow } from '../../adapters/postgres/read-intake.ts';
import type { ListAnswer } from './api-answers.ts';
import { formatTime, type Style, shortSubject } from './style.ts';
import { formatTable } from './text-table.ts';

/** A line an event that came in, with what was decided about it. */
export function renderEvents({ items, next }: ListAnswer<IntakeRow>, style: Style): string {
  if (items.length === 0) return 'no events\n';
  const rows = items.map(({ recordedAt, type, subject, tag, outcome, generation, reason, source }) => [
    formatTime(recordedAt, style),
    type,
    subject === null ? '-' : shorten(subject, style),
    tag ?? '-',
    generation === null ? outcome : `${outcome} (run ${generation})`,
    reason || '-',
    source,
  ]);
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(['RECORDED', 'EVENT', 'ARTIFACT', 'TAG', 'OUTCOME', 'WHY', 'FROM'], rows)}${more}`;
}

function shorten(subject: string, style: Style): string {
  const at = subject.lastIndexOf('@');
  return at === -1 ? subject : shortSubject(subject.slice(0, at), subject.slice(at + 1), style);
}

/** A line a record nobody could decode. What it holds is never shown: it came from outside. */
export function renderDeadLetters({ items, next }: ListAnswer<DeadLetterRow>, style: Style): string {
  if (items.length === 0) return 'no dead letters\n';
  const rows = items.map(({ id, createdAt, topic, partition, offset, bytes, code, reason, replayedAt, replayedBy }) => [
    String(id),
    formatTime(createdAt, style),
    `${topic}/${partition}@${offset}`,
    `${bytes} bytes`,
    `${code}: ${reason}`,
    replayedAt === null ? '-' : `${formatTime(replayedAt, style)} by ${replayedBy ?? 'unknown'}`,
  ]);
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(['ID', 'SINCE', 'RECORD', 'SIZE', 'WHY', 'REPLAYED'], rows)}${more}`;
}
