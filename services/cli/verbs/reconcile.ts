import { exitCodes } from '../exit-codes.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

/** `pratique reconcile`: compares the registry with what was seen. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand(command, context, {
      summary: 'List the registry and start what was missed',
      details: '\nGoes on in the background; what it starts shows up in `pratique artifact list`.\n',
      permission: 'event.replay',
      examples: ['reconcile', 'reconcile --json'],
      async run({ api, show }) {
        const started = await api.post<{ workflowId: string }>('/reconcile', {});
        show(started, ({ workflowId }) => `started as ${workflowId}\n`);
        return exitCodes.pass;
      },
    });
  },
};
