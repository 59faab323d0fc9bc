import type { HistorySummary } from '../../adapters/postgres/read-histories.ts';
import type { HistoryAnswer, ListAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatRows, formatTable } from './text-table.ts';

/** Of Temporal's own book-keeping, which tells nothing of the work; `--full` shows it. */
const BOOKKEEPING = /^WorkflowTask(?:Scheduled|Started|Completed)$/;

/** A line a run. */
export function renderHistories({ items, next }: ListAnswer<HistorySummary>, style: Style): string {
  if (items.length === 0) return 'no histories: what closed a moment ago is kept within five minutes\n';
  const rows = items.map(({ run, workflowId, status, closedAt, bytes, prunedAt }) => [
    formatTime(closedAt, style),
    shortenId(workflowId, style),
    paintState(status.toLowerCase(), style),
    bytes === null ? `dropped ${formatTime(prunedAt, style)}` : `${bytes} bytes`,
    run,
  ]);
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(['CLOSED', 'WORKFLOW', 'ENDED', 'KEPT', 'RUN'], rows)}${more}`;
}

function shortenId(workflowId: string, style: Style): string {
  return workflowId.replace(/sha256:[0-9a-f]{64}$/, (digest) => shortDigest(digest, style));
}

/** One run, a line an event. */
export function renderHistory(answer: HistoryAnswer, style: Style): string {
  const { workflowId, run, status, closedAt, digest, prunedAt, events } = answer;
  const head = [
    ['run', run],
    ['ended', `${paintState(status.toLowerCase(), style)}, ${formatTime(closedAt, style)}`],
    ['document', `${digest}${prunedAt === null ? '' : `, not kept since ${formatTime(prunedAt, style)}`}`],
  ];
  const shown = events.filter(({ type }) => style.full || !BOOKKEEPING.test(type));
  const rows = shown.map(({ id, at, type, says }) => [
    String(id),
    at.replace('T', ' '),
    /Failed|TimedOut/.test(type) ? style.paint.red(type) : type,
    says,
  ]);
  const table = rows.length === 0 ? '' : `\n${formatTable(['EVENT', 'AT', 'TYPE', 'OF WHAT'], rows)}`;
  const hidden = events.length - shown.length;
  const more = hidden === 0 ? '' : style.paint.dim(`${hidden} of the workflow's own tasks are not shown: --full\n`);
  return `${style.paint.bold(shortenId(workflowId, style))}\n${formatRows(head)}${table}${more}`;
}
