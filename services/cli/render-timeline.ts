import type { TimelineEntry } from '../../adapters/postgres/read-timeline.ts';
import type { ListAnswer } from './api-answers.ts';
import { describeEvent } from './describe-event.ts';
import { formatTime, type Style } from './style.ts';
import { formatRows } from './text-table.ts';

/** A line an event: when, what, why, who. */
export function renderTimeline({ items, next }: ListAnswer<TimelineEntry>, style: Style): string {
  const received = new Set(items.filter(({ from }) => from === 'intake').map(({ data }) => data.event));
  const rows = items
    // The same arrival is on record twice: as it came in, and as what was made of it.
    .filter(({ type, data }) => type !== 'artifact.received' || !received.has(data.event))
    .map((entry) => {
      const { what, why, tone } = describeEvent(entry, style);
      const painted = tone === 'good' ? style.paint.green(what) : tone === 'bad' ? style.paint.red(what) : what;
      const who = style.paint.dim(`(by ${entry.actor})`);
      return [formatTime(entry.at, style), `${painted}${why === '' ? '' : `: ${why}`} ${who}`];
    });
  if (rows.length === 0) return 'nothing happened yet\n';
  return `${formatRows(rows, 0)}${next === null ? '' : style.paint.dim('there is more: --limit\n')}`;
}
