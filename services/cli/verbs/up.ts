import path from 'node:path';
import { pagesUrl } from '../../../infra/dev/services.ts';
import type { Stack } from '../../../infra/dev/stack.ts';
import { superviseStack } from '../../../infra/dev/supervise.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { openLocalStack } from '../local-stack.ts';
import { asCliError } from '../stack-failure.ts';
import { reportJson, reportShape } from '../stack-report.ts';
import { formatStackTable } from '../stack-table.ts';
import type { Verb } from '../verb.ts';

const HELP = `
The state is in PRATIQUE_HOME (default .pratique here), fetched servers in PRATIQUE_CACHE_DIR (default
~/.cache/pratique). DATABASE_URL names a PostgreSQL of yours to use instead of the embedded one.

A service of ours that ends is started again, until it has ended quickly five times in a row; a server that ends is not:
\`pratique up\` starts it. \`pratique status\` says what has happened.

Examples:
  pratique up                        start all, stay, stop all on Ctrl-C
  pratique up --detach               start all and return; \`pratique down\` stops them
  pratique up --detach --only infra  Temporal, Kafka, Postgres and the registry, no service of ours`;

/** What a user does with what runs now. */
async function nextSteps(stack: Stack, { cwd }: CliIo): Promise<string> {
  const { connection } = await stack.record();
  const { registry, gatewayUrl, temporalUi } = connection;
  const token = path.relative(cwd, stack.home.pushTokenFile);
  return [
    `push:  docker login ${registry} --username me --password-stdin < "${token}", then docker push ${registry}/<name>:<tag>`,
    'look:  pratique artifact list',
    `judge: pratique approve; with a passkey ${pagesUrl(connection)}/approve`,
    `also:  API ${gatewayUrl}, Temporal ${temporalUi}, logs in ${path.relative(cwd, path.join(stack.home.dir, 'logs'))}\n`,
  ].join('\n');
}

/** `pratique up`: starts the local stack. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .option('-d, --detach', 'return when everything is healthy, and leave it running')
      .option('--only <what>', 'start only `infra`: the third-party servers')
      .option('--json', `once all is up, print ${reportShape}`)
      .addHelpText('after', HELP)
      .action(async ({ detach, only, json }: { detach?: boolean; only?: string; json?: boolean }) => {
        if (only !== undefined && only !== 'infra')
          command.error(`error: option '--only' takes \`infra\`, not \`${only}\``);
        const { signal } = io;
        const stack = openLocalStack(io);
        try {
          const { alreadyRunning } = await stack.up({
            services: only === undefined,
            supervise: detach !== true,
            keep: true,
            signal,
          });
          if (alreadyRunning) io.err.write(`the stack in ${stack.home.dir} is running\n`);
          const parts = (await stack.status()) ?? [];
          io.out.write(json ? await reportJson(stack, parts) : formatStackTable(parts, io));
          if (only === undefined) io.err.write(await nextSteps(stack, io));
          if (!alreadyRunning && detach !== true) {
            io.err.write('Ctrl-C stops it\n');
            await superviseStack(stack, (line) => void io.err.write(`${line}\n`), signal);
            await stack.down();
          }
          done(exitCodes.pass);
        } catch (error) {
          throw asCliError(error);
        }
      });
  },
};
