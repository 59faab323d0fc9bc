/** The `pratique` command: gives the command line its process, and is the only place that exits. */
import process from 'node:process';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { runCli } from './run-cli.ts';

let ended: ExitCode | undefined;
// Whoever reads has seen enough, as in `| head`: that is no failure of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(ended ?? exitCodes.pass);
  });

const interrupt = new AbortController();
// Once: a second Ctrl-C ends a command that does not listen.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => interrupt.abort(new Error(`interrupted by ${name}`)));

// Should nothing be left to do before the end, as with a promise that nobody keeps, it did not pass.
process.exitCode = exitCodes.infrastructure;
void runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  // Made when it is asked for, which few commands do.
  get in() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
  now: () => new Date(),
}).then((code) => {
  ended = code;
  process.exitCode = code;
});
