import { Option } from 'commander';
import type { DeadLetterRow, IntakeRow } from '../../../adapters/postgres/read-intake.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { renderDeadLetters, renderEvents } from '../render-event.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

/** `pratique event`: what came in and what was decided about it; what nobody could read, and bringing it back. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ subject?: string; outcome?: string; limit: number }>(command.command('list'), context, {
      summary: 'List events and what was decided about each, last recorded first',
      options: [
        new Option('--subject <artifact>', 'only those about <repository>@<digest>'),
        new Option('--outcome <outcome>', 'only those with this outcome').choices(['started', 'joined', 'dropped']),
        limitOption(50),
      ],
      permission: 'event.read',
      examples: ['event list', 'event list --outcome dropped', 'event list --subject shop/web@sha256:… --json'],
      async run({ api, show }, _, { subject, outcome, limit }) {
        show(await listPages<IntakeRow>(api, '/events', { subject, outcome }, limit), renderEvents);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ limit: number }>(command.command('dead-letters'), context, {
      summary: 'List records nobody could decode, newest first',
      options: [limitOption(50)],
      permission: 'event.read',
      examples: ['event dead-letters', 'event dead-letters --json | jq ".items[].id"'],
      async run({ api, show }, _, { limit }) {
        show(await listPages<DeadLetterRow>(api, '/dead-letters', {}, limit), renderDeadLetters);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('replay'), context, {
      summary: 'Put a dead letter into its topic again, as it was',
      arguments: [['<id>', 'its number, as `pratique event dead-letters` shows it']],
      permission: 'event.replay',
      examples: ['event replay 7', 'event replay 7 --json'],
      async run({ api, show }, [id = '']) {
        const replayed = await api.post<{ id: number; topic: string }>(
          `/dead-letters/${encodeURIComponent(id)}/replay`,
          {},
        );
        show(replayed, (answer) => `dead letter ${answer.id} is in ${answer.topic} again\n`);
        return exitCodes.pass;
      },
    });
  },
};
