import { Option } from 'commander';
import type { LineStop } from '../../../domain/promotion/line-desk.ts';
import { exitCodes } from '../exit-codes.ts';
import { defineServerCommand } from '../server-command.ts';
import { formatTime, type Style } from '../style.ts';
import { formatTable } from '../text-table.ts';
import type { Verb } from '../verb.ts';

const STOP = `
From the answer on nothing goes live there, whatever was approved: what is being copied is taken back, and waits with the rest.
What runs stays; a rollback waits too. People may approve meanwhile. Without an environment, none is entered.
`;
const reason = () => new Option('--reason <text>', 'for the record').makeOptionMandatory();

/** `pratique line`: stops what enters an environment, and lets it go on. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ reason: string }>(command.command('stop'), context, {
      summary: 'Let nothing enter an environment, or any, until it is let go on',
      details: STOP,
      arguments: [['[environment]', 'without, every one']],
      options: [reason()],
      permission: 'line.stop',
      examples: ['line stop prod --reason "checkout is down, nobody deploys"', 'line stop --reason "INC-204" --json'],
      async run({ api, show }, [environment], flags) {
        show(await api.post<LineStop>('/line-stops', { environment, reason: flags.reason }), renderStop);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ reason: string }>(command.command('resume'), context, {
      summary: 'Let it go on: what waited looks again',
      arguments: [['[environment]', 'as it was stopped: a stop of every environment ends without one']],
      options: [reason()],
      permission: 'line.resume',
      examples: ['line resume prod --reason "checkout is back"', 'line resume --reason "INC-204 is over" --json'],
      async run({ api, show }, [environment], flags) {
        show(await api.post<LineStop>('/line-stops/resume', { environment, reason: flags.reason }), renderStop);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ ended?: true }>(command.command('list'), context, {
      summary: 'List what stops the line',
      options: [new Option('--ended', 'those too that are over')],
      permission: 'read',
      examples: ['line list', 'line list --ended --json'],
      async run({ api, show }, _args, { ended }) {
        const path = `/line-stops${ended === undefined ? '' : '?ended=true'}`;
        show(await api.get<{ items: readonly LineStop[] }>(path), renderStops);
        return exitCodes.pass;
      },
    });
  },
};

const nameOf = ({ environment }: LineStop) => environment ?? 'every environment';

function renderStop(stop: LineStop, style: Style): string {
  const { resumed, stoppedBy, stoppedAt, reason: why } = stop;
  return resumed === undefined
    ? `${nameOf(stop)}: ${style.paint.red('stopped')} by ${stoppedBy}, ${formatTime(stoppedAt, style)}: ${why}\n`
    : `${nameOf(stop)}: ${style.paint.green('goes on')}; let go on by ${resumed.by}: ${resumed.reason}\n`;
}

function renderStops({ items }: { readonly items: readonly LineStop[] }, style: Style): string {
  if (items.length === 0) return 'nothing stops the line\n';
  const rows = items.map((stop) => [
    ...[nameOf(stop), `${formatTime(stop.stoppedAt, style)} by ${stop.stoppedBy}`, stop.reason],
    stop.resumed === undefined
      ? '-'
      : `${formatTime(stop.resumed.at, style)} by ${stop.resumed.by}: ${stop.resumed.reason}`,
  ]);
  return formatTable(['ENVIRONMENT', 'STOPPED', 'WHY', 'WENT ON'], rows);
}
