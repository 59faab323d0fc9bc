import type { ImportProblem } from '../../domain/import/reference-list.ts';
import type { ImportAnswer, ImportedReferenceAnswer } from './api-answers.ts';
import { paintState, type Style, shortDigest } from './style.ts';
import { formatTable } from './text-table.ts';

/** An import with what became of each reference, and what could not be read before it was asked for. */
export interface ImportReport extends ImportAnswer {
  readonly items: readonly ImportedReferenceAnswer[];
  readonly unread: readonly ImportProblem[];
}

/** `12 of 40 looked at: 10 taken, 2 unresolved`. */
export function describeImport({ state, references, counts, dryRun }: ImportAnswer): string {
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (state === 'started' && references === 0) return 'lists the registry';
  const words = Object.entries(counts).map(([outcome, count]) => `${count} ${wordOf(outcome, dryRun)}`);
  return `${done} of ${references} looked at${words.length === 0 ? '' : `: ${words.join(', ')}`}`;
}

export function renderImport(report: ImportReport, style: Style): string {
  const rows = [
    ...report.items.map((one) => [
      paint(wordOf(one.outcome ?? 'waiting', report.dryRun), style),
      one.digest === null ? one.reference : `${one.repository ?? ''}@${shortDigest(one.digest, style)}`,
      one.place,
      one.reason,
    ]),
    ...report.unread.map(({ place, reason }) => [paint('unresolved', style), '-', place, reason]),
  ];
  const table = rows.length === 0 ? '' : formatTable(['OUTCOME', 'ARTIFACT', 'PLACE', 'REASON'], rows);
  const unread = report.unread.length === 0 ? '' : `; ${report.unread.length} places could not be told`;
  const end = report.state === 'failed' ? `failed: ${report.note}` : `${describeImport(report)}${unread}`;
  return `${table}${end}\n`;
}

function wordOf(outcome: string, dryRun: boolean): string {
  return outcome === 'taken' && dryRun ? 'would be taken' : outcome;
}

function paint(word: string, style: Style): string {
  if (word === 'refused') return style.paint.red(word);
  if (word === 'unresolved') return style.paint.yellow(word);
  return /taken$/.test(word) ? style.paint.green(word) : paintState(word, style);
}
