import { isKeeperMissing } from '../../../infra/dev/keeper.ts';
import { exitCodes } from '../exit-codes.ts';
import { openLocalStack } from '../local-stack.ts';
import { asCliError } from '../stack-failure.ts';
import { areHealthy, reportJson, reportShape } from '../stack-report.ts';
import { formatStackTable } from '../stack-table.ts';
import { describeWork, readWork } from '../stack-work.ts';
import type { Verb } from '../verb.ts';

const HELP = `
Says of a part that is not healthy what is wrong, and since when. Below the table: how parts ended that were started again,
or that nobody starts again; what waits, and for how long; and what the last comparison with the registry found.
Exit code 0 when every part is healthy, 3 when one is not or nothing runs.

Examples:
  pratique status
  pratique status --json | jq -r '.parts[] | select(.name == "registry").address'`;

const NO_KEEPER =
  'services that end are not started again: the supervisor has ended; `pratique up --detach` starts it\n';

/** `pratique status`: each part of the local stack with address, version, health and pid. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .option('--json', `print ${reportShape}`)
      .addHelpText('after', HELP)
      .action(async ({ json }: { json?: boolean }) => {
        const stack = openLocalStack(io);
        try {
          const parts = await stack.status();
          if (json) io.out.write(await reportJson(stack, parts));
          else if (parts === undefined) io.err.write(`nothing runs in ${stack.home.dir}\n`);
          else {
            io.out.write(`${formatStackTable(parts, io)}${describeWork(await readWork(stack))}`);
            if (isKeeperMissing(await stack.record())) io.err.write(NO_KEEPER);
          }
          done(areHealthy(parts) ? exitCodes.pass : exitCodes.infrastructure);
        } catch (error) {
          throw asCliError(error);
        }
      });
  },
};
