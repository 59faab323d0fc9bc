import { reasonOption } from '../action-options.ts';
import type { ReleaseAnswer } from '../api-answers.ts';
import { exitCodes } from '../exit-codes.ts';
import { approveReleaseCommand, renderRelease } from '../render-release.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';
import { refArgument } from './artifact.ts';

/** `pratique release`: asks for an artifact to be let out of quarantine. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ reason: string }>(command, context, {
      summary: 'Ask for an artifact to be let out of quarantine',
      details:
        '\nSomebody else decides: exit code 4, and stderr says with which command. 1 where no incident holds it.\nWhat a closed incident keeps out is let out the same way, one artifact at a time.\n"pratique incident releases" lists what was asked for.\n',
      arguments: [refArgument],
      options: [reasonOption()],
      permission: 'release.request',
      examples: [
        'release shop/web:1.0 --reason "rebuilt from the same commit: identical"',
        'release sha256:… --reason "false alarm, SEC-88"',
      ],
      async run({ api, show, note }, [ref], { reason }) {
        const answer = await api.post<ReleaseAnswer>('/releases', { ref, reason });
        show(answer, renderRelease);
        if (answer.outcome === 'released') return exitCodes.pass;
        note(`waits for a person: ${approveReleaseCommand(answer.request ?? '')}`);
        return exitCodes.waiting;
      },
    });
  },
};
