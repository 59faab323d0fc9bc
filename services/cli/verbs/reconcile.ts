import { waitOption } from '../action-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { describeReconcile, type ReconcileAnswer, renderReconcile } from '../render-reconcile.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

const DETAILS = `
With --wait it says how many repositories and tags there are and what was missed; exit code 0 when it is done, 3 when it failed.
Without, it goes on in the background. What it starts shows up in "pratique artifact list", the last report in "pratique status".
`;

/** `pratique reconcile`: compares the registry with what was seen. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ wait?: true }>(command, context, {
      summary: 'List the registry and start what was missed',
      details: DETAILS,
      options: [waitOption('the registry is compared')],
      permission: 'event.replay',
      examples: ['reconcile --wait', 'reconcile --json'],
      async run({ api, io, show, note }, _, { wait }) {
        const started = await api.post<{ workflowId: string; runId: string; joined: boolean }>('/reconcile', {});
        const { workflowId, runId, joined } = started;
        if (joined) note('one runs already, and is joined: what was pushed behind it is seen by the next one');
        if (!wait) {
          show(started, () => `started as ${workflowId}, run ${runId}\n`);
          return exitCodes.pass;
        }
        const read = () => api.get<ReconcileAnswer>(`/reconcile/${runId}`);
        const isOver = ({ state }: ReconcileAnswer) => state !== 'running';
        const run = await follow({ read, describe: describeReconcile, isOver }, note, io.signal);
        show(run, renderReconcile);
        return run.state === 'failed' ? exitCodes.infrastructure : exitCodes.pass;
      },
    });
  },
};
