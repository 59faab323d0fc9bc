import { exitCodes } from '../exit-codes.ts';
import { openLocalStack } from '../local-stack.ts';
import { asCliError } from '../stack-failure.ts';
import type { Verb } from '../verb.ts';

/** `pratique down`: stops the local stack; its data stays. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .option('--json', 'print {stopped: [name]}: the parts that it stopped')
      .addHelpText(
        'after',
        '\nData and logs stay in PRATIQUE_HOME (default .pratique here): the next `up` goes on from them.',
      )
      .action(async ({ json }: { json?: boolean }) => {
        const stack = openLocalStack(io);
        try {
          const stopped = await stack.down();
          if (stopped === undefined) io.err.write(`nothing runs in ${stack.home.dir}\n`);
          if (json) io.out.write(`${JSON.stringify({ stopped: stopped ?? [] }, null, 2)}\n`);
          done(exitCodes.pass);
        } catch (error) {
          throw asCliError(error);
        }
      });
  },
};
