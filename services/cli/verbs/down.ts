import { exitCodes } from '../exit-codes.ts';
import { openLocalStack } from '../local-stack.ts';
import { asCliError } from '../stack-failure.ts';
import type { Verb } from '../verb.ts';

/** `pratique down`: stops the local stack; its data stays. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .addHelpText(
        'after',
        '\nData and logs stay in PRATIQUE_HOME (default .pratique here): the next `up` goes on from them.',
      )
      .action(async () => {
        const stack = openLocalStack(io);
        try {
          if (!(await stack.down())) io.err.write(`nothing runs in ${stack.home.dir}\n`);
          done(exitCodes.pass);
        } catch (error) {
          throw asCliError(error);
        }
      });
  },
};
