import { plural } from '../../domain/plural.ts';
import { printable } from './printable.ts';

/** What a comparison of the registry with what was seen found, as the API answers it. */
export interface ReconcileFound {
  readonly repositories: number;
  readonly tags: number;
  readonly missed: readonly string[];
  readonly more: number;
}

/** A comparison that was asked for, and what came of it. */
export interface ReconcileAnswer {
  readonly runId: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly report: ReconcileFound | null;
  readonly failure: string | null;
}

/** One line for stderr while a command waits. */
export function describeReconcile({ state, failure }: ReconcileAnswer): string {
  const why = failure === null ? '' : `: ${printable(failure)}`;
  if (state !== 'running') return `the comparison is ${state}${why}`;
  return failure === null ? 'the registry is compared with what was seen' : `tried again after a failure${why}`;
}

export function renderReconcile({ report, failure }: ReconcileAnswer): string {
  if (report === null) return `failed: ${printable(failure ?? 'no report')}\n`;
  const missed = report.missed.map((reference) => `  ${printable(reference)}\n`);
  const more = report.more === 0 ? '' : `  and ${report.more} more\n`;
  return `${countReconciled(report)}\n${missed.join('')}${more}`;
}

/** `2 repositories, 14 tags, 1 missed and started`. */
export function countReconciled({ repositories, tags, missed, more }: ReconcileFound): string {
  const count = missed.length + more;
  const found = count === 0 ? 'nothing missed' : `${count} missed and started`;
  return `${plural(repositories, 'repository', 'repositories')}, ${plural(tags, 'tag')}, ${found}`;
}
