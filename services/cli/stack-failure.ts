import { StackError } from '../../infra/dev/stack-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** What the command line makes of a failure of the stack: its code and hint, and exit code 3. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof StackError)) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error, ...hint });
}
