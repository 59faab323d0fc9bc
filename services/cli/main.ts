/** The `pratique` command: gives the command line its process, and is the only place that exits. */
import process from 'node:process';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { reportError, runCli } from './run-cli.ts';

const interrupt = new AbortController();
// Once: a second Ctrl-C ends a command that does not listen.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => interrupt.abort(new Error(`interrupted by ${name}`)));

const argv = process.argv.slice(2);
const io = {
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
};

let isResultLost = false;
// Whoever reads may have seen enough, as in `| head`, and a disk may be full: what was asked for is done all the same, and ends
// with its own code. A result that nobody could keep is an error.
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE' || isResultLost) return;
  isResultLost = true;
  const message = `stdout can not be written (${cause.code ?? cause.message}): the result is lost`;
  process.exitCode = reportError(
    new CliError(exitCodes.infrastructure, 'OUTPUT_UNWRITABLE', message, { cause }),
    argv,
    io,
  );
});
process.stderr.on('error', () => undefined);

// Should nothing be left to do before the end, as with a promise that nobody keeps, it did not pass.
process.exitCode = exitCodes.infrastructure;
void runCli(argv, io).then((code) => {
  process.exitCode = isResultLost ? exitCodes.infrastructure : code;
});
