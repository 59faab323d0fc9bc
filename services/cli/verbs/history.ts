import { Option } from 'commander';
import type { HistorySummary } from '../../../adapters/postgres/read-histories.ts';
import type { HistoryAnswer } from '../api-answers.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { renderHistories, renderHistory } from '../render-history.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

interface ListFlags {
  readonly workflow?: string;
  readonly kind?: string;
  readonly status?: string;
  readonly limit: number;
}

const runArgument = ['<run>', 'the id of the run, as `pratique history list` shows it'] as const;

/** `pratique history`: what workflows did, after Temporal forgot them. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<ListFlags>(command.command('list'), context, {
      summary: 'List the closed workflows whose history is kept, last closed first',
      arguments: [['[ref]', 'only those about this artifact: repository:tag, repository@sha256:… or sha256:…']],
      options: [
        new Option('--workflow <id>', 'only runs of this workflow'),
        new Option('--kind <type>', 'only workflows of this type: artifactPipeline, promotion, quarantine, …'),
        new Option('--status <status>', 'only what ended so').choices([
          'COMPLETED',
          'FAILED',
          'CANCELLED',
          'TERMINATED',
          'TIMED_OUT',
        ]),
        limitOption(50),
      ],
      permission: 'read',
      examples: ['history list shop/web:1.0', 'history list --kind promotion --status FAILED', 'history list --json'],
      async run({ api, show }, [ref], { workflow, kind, status, limit }) {
        const query = { ref, workflow, kind, status };
        show(await listPages<HistorySummary>(api, '/histories', query, limit), renderHistories);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('get'), context, {
      summary: 'Show what one run of a workflow did, a line an event: when, what, and why it failed',
      arguments: [runArgument],
      permission: 'read',
      examples: ['history get 01a1fce1-cb97-7073-b32f-74e2dc366a3f', 'history get <run> --json | jq .events'],
      async run({ api, show }, [run = '']) {
        show(await api.get<HistoryAnswer>(`/histories/${encodeURIComponent(run)}`), renderHistory);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('export'), context, {
      summary: "Write one run in full, inputs and results included, as the JSON that Temporal's own tools read",
      arguments: [runArgument],
      permission: 'event.read',
      examples: ['history export <run> > history.json', 'history export <run> | jq ".events | length"'],
      async run({ api, io }, [run = '']) {
        const document = await api.get<object>(`/histories/${encodeURIComponent(run)}/document`);
        io.out.write(`${JSON.stringify(document)}\n`);
        return exitCodes.pass;
      },
    });
  },
};
